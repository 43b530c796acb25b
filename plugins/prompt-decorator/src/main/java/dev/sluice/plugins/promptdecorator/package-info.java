/** {@code prompt-decorator}: what is said before and after what a client says. */
@NullMarked
package dev.sluice.plugins.promptdecorator;

import org.jspecify.annotations.NullMarked;

/** {@code prompt-template}: requests made from templates. */
@NullMarked
package dev.sluice.plugins.prompttemplate;

import org.jspecify.annotations.NullMarked;

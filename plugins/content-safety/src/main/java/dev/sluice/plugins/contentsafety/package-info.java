/** {@code content-safety}: what goes in and what comes out, checked, masked, restored or refused. */
@NullMarked
package dev.sluice.plugins.contentsafety;

import org.jspecify.annotations.NullMarked;

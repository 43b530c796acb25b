/** The filter {@code cache}: the answer that was given before to the same request. */
@NullMarked
package dev.sluice.plugins.cache;

import org.jspecify.annotations.NullMarked;

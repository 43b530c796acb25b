/** {@code header-transform}: header fields, renamed, set and removed. */
@NullMarked
package dev.sluice.plugins.headertransform;

import org.jspecify.annotations.NullMarked;

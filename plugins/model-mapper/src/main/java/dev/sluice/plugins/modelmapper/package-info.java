/** {@code model-mapper}: one model in the place of another. */
@NullMarked
package dev.sluice.plugins.modelmapper;

import org.jspecify.annotations.NullMarked;

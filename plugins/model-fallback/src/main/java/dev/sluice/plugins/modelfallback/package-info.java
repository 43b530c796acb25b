/** {@code model-fallback}: the chain of last resorts. */
@NullMarked
package dev.sluice.plugins.modelfallback;

import org.jspecify.annotations.NullMarked;

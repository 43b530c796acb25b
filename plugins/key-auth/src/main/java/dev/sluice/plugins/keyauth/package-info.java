/** {@code key-auth}: who may call. */
@NullMarked
package dev.sluice.plugins.keyauth;

import org.jspecify.annotations.NullMarked;

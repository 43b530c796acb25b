/** {@code ip-restriction}: which addresses may call. */
@NullMarked
package dev.sluice.plugins.iprestriction;

import org.jspecify.annotations.NullMarked;

/** The filter {@code key-failover}: many keys of one provider, of which one that is refused is left alone. */
@NullMarked
package dev.sluice.plugins.keyfailover;

import org.jspecify.annotations.NullMarked;

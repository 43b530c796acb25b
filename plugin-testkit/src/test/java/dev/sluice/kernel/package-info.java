/** The kernel's tests: whole gateways on real sockets. */
@NullMarked
package dev.sluice.kernel;

import org.jspecify.annotations.NullMarked;

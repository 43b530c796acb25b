/** Providers and their endpoints, connection pools, and single calls to them. */
@NullMarked
package dev.sluice.host.upstream;

import org.jspecify.annotations.NullMarked;

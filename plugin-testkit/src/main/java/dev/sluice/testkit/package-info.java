/**
 * For tests of plugins: fakes of all that a host hands to a filter, a runner for stream filters, an upstream that breaks
 * as told, and helpers for cuts and scripts. None of the fakes needs a host or a network.
 */
@NullMarked
package dev.sluice.testkit;

import org.jspecify.annotations.NullMarked;

/** The admin port: health, metrics, the management API. */
@NullMarked
package dev.sluice.host.admin;

import org.jspecify.annotations.NullMarked;

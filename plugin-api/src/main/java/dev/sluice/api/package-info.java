/** What a Sluice plugin compiles against: the hooks it may override, the verdicts it returns, the values it is handed. */
@NullMarked
package dev.sluice.api;

import org.jspecify.annotations.NullMarked;

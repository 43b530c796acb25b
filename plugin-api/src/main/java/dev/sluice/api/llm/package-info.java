/** Chat requests, replies and deltas, seen alike in every dialect. */
@NullMarked
package dev.sluice.api.llm;

import org.jspecify.annotations.NullMarked;

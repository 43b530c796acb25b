/** {@code token-ratelimit}: how many tokens, requests and requests at once somebody may use. */
@NullMarked
package dev.sluice.plugins.tokenratelimit;

import org.jspecify.annotations.NullMarked;

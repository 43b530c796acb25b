package dev.sluice.plugins.keyauth;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import dev.sluice.plugins.keyauth.KeyAuthConfig.Jwt;
import java.time.Clock;
import java.util.Set;
import org.pf4j.Extension;

/** {@code key-auth}: lets those call who present a key that is known, and tells the other filters who it is. */
@Extension
public final class KeyAuth implements FilterPlugin<KeyAuthConfig> {

    @Override
    public String name() {
        return "key-auth";
    }

    @Override
    public Class<KeyAuthConfig> configType() {
        return KeyAuthConfig.class;
    }

    @Override
    public FilterFactory open(KeyAuthConfig config, Scope scope) {
        Callers callers = new Callers(config, scope.consumers().values());
        KeyPlaces places = new KeyPlaces(config);
        scope.show("consumers", () -> {
            var names = JsonNodeFactory.instance.arrayNode();
            callers.whoMayCall().forEach(names::add);
            return names;
        });
        Issued issued = config.issued() ? new Issued(scope.shared(), callers) : null;
        if (issued != null) {
            scope.show("issued", issued::list);
            scope.action("issue", issued::issue);
            scope.action("revoke", issued::revoke);
        }
        Jwt jwt = config.jwt();
        Strangers strangers = new Strangers(
                callers,
                issued,
                jwt == null ? null : new Tokens(jwt, Clock.systemUTC()),
                jwt == null ? null : new Jwks(jwt, scope));
        Set<String> providers = Set.copyOf(scope.providers().keySet());
        return exchange -> new KeyAuthFilter(exchange, config, callers, strangers, places, providers, scope.meters());
    }
}

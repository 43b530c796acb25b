package dev.sluice.plugins.keyauth;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
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
        Set<String> providers = Set.copyOf(scope.providers().keySet());
        return exchange -> new KeyAuthFilter(exchange, config, callers, places, providers, scope.meters());
    }
}

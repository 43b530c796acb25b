package dev.sluice.plugins.iprestriction;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pf4j.Extension;

/** {@code ip-restriction}: lets addresses call, or not. */
@Extension
public final class IpRestriction implements FilterPlugin<IpRestrictionConfig> {

    @Override
    public String name() {
        return "ip-restriction";
    }

    @Override
    public Class<IpRestrictionConfig> configType() {
        return IpRestrictionConfig.class;
    }

    @Override
    public FilterFactory open(IpRestrictionConfig config, Scope scope) {
        List<Network> allow = networks("allow", config.allow());
        List<Network> deny = networks("deny", config.deny());
        List<Network> proxies = networks("trustedProxies", config.trustedProxies());
        return exchange -> new Filter() {
            @Override
            public Step onRequest(RequestHead head) {
                InetAddress client = client(head, config.header(), proxies);
                boolean refused = client == null || isIn(deny, client) || (!allow.isEmpty() && !isIn(allow, client));
                if (!refused) {
                    return Step.next();
                }
                scope.meters()
                        .counter("sluice_ip_restriction_refused_total", "route", exchange.route())
                        .increment();
                exchange.note("refused_address", client == null ? "unknown" : client.getHostAddress());
                return Reply.error(403, "forbidden", config.message());
            }
        };
    }

    private static List<Network> networks(String key, List<String> written) {
        List<Network> networks = new ArrayList<>();
        for (int i = 0; i < written.size(); i++) {
            try {
                networks.add(Network.of(written.get(i)));
            } catch (IllegalArgumentException e) {
                throw new ConfigException(key + "[" + i + "]", String.valueOf(e.getMessage()));
            }
        }
        return List.copyOf(networks);
    }

    /**
     * Who calls: the peer, or, where that is a trusted proxy, the last address of its list that is not one. Each proxy
     * appends whom it heard from, so that what stands further left is the client's own invention. Null: it cannot be told.
     */
    private static @Nullable InetAddress client(RequestHead head, String header, List<Network> proxies) {
        InetAddress peer = Network.address(head.remoteAddress());
        if (peer == null || !isIn(proxies, peer)) {
            return peer;
        }
        List<String> heard = new ArrayList<>();
        for (String line : head.headers().all(header)) {
            heard.addAll(List.of(line.split(",", -1)));
        }
        InetAddress nearest = peer;
        for (int i = heard.size() - 1; i >= 0; i--) {
            nearest = Network.address(heard.get(i).trim());
            if (nearest == null || !isIn(proxies, nearest)) {
                return nearest;
            }
        }
        return nearest;
    }

    private static boolean isIn(List<Network> networks, InetAddress address) {
        return networks.stream().anyMatch(network -> network.holds(address));
    }
}

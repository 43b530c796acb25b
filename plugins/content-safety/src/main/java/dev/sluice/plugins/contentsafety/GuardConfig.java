package dev.sluice.plugins.contentsafety;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Higress's ai-security-guard, under its own keys; times in milliseconds. */
public record GuardConfig(
        @Nullable String serviceName,
        int servicePort,
        @Nullable String serviceHost,
        @Nullable URI url,
        String accessKey,
        String secretKey,
        @Nullable String securityToken,
        String action,
        boolean checkRequest,
        boolean checkResponse,
        boolean checkRequestImage,
        String apiType,
        String providerType,
        @Nullable String requestImageCheckService,
        @Nullable String requestCheckService,
        @Nullable String responseCheckService,
        @Nullable String requestContentJsonPath,
        @Nullable String responseContentJsonPath,
        @Nullable String responseStreamContentJsonPath,
        List<String> responseContentFallbackJsonPaths,
        List<String> responseStreamContentFallbackJsonPaths,
        int denyCode,
        @Nullable String denyMessage,
        String protocol,
        String riskLevelBar,
        String contentModerationLevelBar,
        String promptAttackLevelBar,
        String maliciousUrlLevelBar,
        String modelHallucinationLevelBar,
        String customLabelLevelBar,
        String sensitiveDataLevelBar,
        String riskAction,
        @Nullable String contentModerationAction,
        @Nullable String promptAttackAction,
        @Nullable String sensitiveDataAction,
        @Nullable String maliciousUrlAction,
        @Nullable String modelHallucinationAction,
        @Nullable String customLabelAction,
        int timeout,
        int bufferLimit,
        List<ServiceFor> consumerRequestCheckService,
        List<ServiceFor> consumerResponseCheckService,
        List<RiskFor> consumerRiskLevel) {

    /** Another service for certain consumers. */
    public record ServiceFor(
            String name,
            String matchType,
            @Nullable String requestCheckService,
            @Nullable String responseCheckService) {}

    /** Other bars for certain consumers. */
    public record RiskFor(
            String name,
            String matchType,
            @Nullable String riskLevelBar,
            @Nullable String contentModerationLevelBar,
            @Nullable String promptAttackLevelBar,
            @Nullable String maliciousUrlLevelBar,
            @Nullable String modelHallucinationLevelBar,
            @Nullable String customLabelLevelBar,
            @Nullable String sensitiveDataLevelBar,
            @Nullable String riskAction) {}
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AlexNetService.Deploy.Tests;

/// <summary>A compose file, with shell variables replaced by their defaults.</summary>
internal static partial class ComposeFile
{
    public const string Main = "docker-compose.yml";
    public const string Gpu = "deploy/docker-compose.gpu.yml";
    public const string Open = "deploy/docker-compose.open.yml";

    public static JsonNode Read(string path) => Yaml.Documents(Variable().Replace(SourceTree.Text(path), "${default}")).Single();

    public static IReadOnlyDictionary<string, JsonNode> Services(string path) => Read(path).At("services").AsObject()
        .ToDictionary(service => service.Key, service => service.Value.At(), StringComparer.Ordinal);

    /// <summary>The services that answer requests.</summary>
    public static IReadOnlyDictionary<string, JsonNode> Replicas(string path) => Services(path)
        .Where(service => service.Key.StartsWith("api-", StringComparison.Ordinal))
        .ToDictionary(StringComparer.Ordinal);

    [GeneratedRegex(@"\$\{[A-Z_]+:-(?<default>[^}]*)\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}

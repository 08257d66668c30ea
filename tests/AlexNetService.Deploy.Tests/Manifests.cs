using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AlexNetService.Deploy.Tests;

/// <summary>The resources of a rendered kustomization.</summary>
internal sealed partial class Manifests
{
    private const int OldestKustomize = 4;
    private readonly IReadOnlyList<JsonNode> resources;

    private Manifests(IReadOnlyList<JsonNode> resources) => this.resources = resources;

    /// <summary>Renders a folder of <c>deploy/k8s</c>; skips the test if this machine cannot.</summary>
    public static async Task<Manifests> RenderAsync(string folder)
    {
        var version = await Command.RunAsync("kubectl", "version", "--client");
        Assert.SkipWhen(version is null, "kubectl is missing; on Debian: apt-get install kubernetes-client.");
        var kustomize = Kustomize().Match(version?.Output ?? "").Groups["major"].Value;
        Assert.SkipUnless(
            int.TryParse(kustomize, CultureInfo.InvariantCulture, out var major) && major >= OldestKustomize,
            $"kubectl's kustomize is older than {OldestKustomize}; kubectl 1.21 or newer is needed, and Debian 12 has 1.20.");

        var rendered = await Command.RunAsync("kubectl", "kustomize", Path.Combine("deploy", "k8s", folder));
        Assert.NotNull(rendered);
        Assert.True(rendered.ExitCode == 0, rendered.Error);
        return new Manifests(Yaml.Documents(rendered.Output));
    }

    public IEnumerable<JsonNode> OfKind(string kind) => resources.Where(resource => resource.Text("kind") == kind);

    public IEnumerable<string> Names(string kind) => OfKind(kind).Select(resource => resource.Text("metadata", "name"));

    /// <summary>Specifications of all pods.</summary>
    public IReadOnlyList<JsonNode> Pods =>
    [
        .. resources.SelectMany(resource => resource.Text("kind") switch
        {
            "Deployment" or "Job" => [resource.Find("spec", "template", "spec")],
            "MPIJob" => Replicas(resource).Select(replica => replica.Find("template", "spec")),
            "ServingRuntime" => [resource.Find("spec")],
            _ => (IEnumerable<JsonNode?>)[],
        }).OfType<JsonNode>(),
    ];

    public IReadOnlyList<JsonNode> Containers =>
        [.. Pods.SelectMany(pod => pod.Items("initContainers").Concat(pod.Items("containers")))];

    /// <summary>Environment variables of a container, from ConfigMaps and its own list.</summary>
    public Dictionary<string, string> Variables(JsonNode container)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var maps = container.Items("envFrom").Select(source => source.Find("configMapRef", "name")?.Text()).OfType<string>();
        foreach (var (name, value) in maps.SelectMany(map => Named("ConfigMap", map).Map("data")))
        {
            variables[name] = value;
        }

        foreach (var variable in container.Items("env"))
        {
            variables[variable.Text("name")] = variable.Text("value");
        }

        return variables;
    }

    public JsonNode Named(string kind, string name) =>
        OfKind(kind).SingleOrDefault(resource => resource.Text("metadata", "name") == name)
        ?? throw new InvalidOperationException($"There is no {kind} {name}.");

    private static IEnumerable<JsonNode?> Replicas(JsonNode job) =>
        (job.Find("spec", "mpiReplicaSpecs") as JsonObject ?? []).Select(entry => entry.Value);

    [GeneratedRegex(@"Kustomize Version: v(?<major>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Kustomize();
}

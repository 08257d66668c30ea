using System.Net;
using System.Text.Json.Nodes;
using AlexNetService.Api.Classify;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AlexNetService.Deploy.Tests;

/// <summary>The service in Kubernetes: selectors, ports, probes and paths refer to things that exist.</summary>
public sealed class OverlayTests(RunningService service)
{
    public static TheoryData<string> Overlays => ["overlays/cpu", "overlays/gpu"];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Selectors_OfEveryResource_MatchTheDeploymentsPods(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);
        var deployment = manifests.OfKind("Deployment").Single();
        var labels = deployment.Map("spec", "template", "metadata", "labels");
        var spread = deployment.Items("spec", "template", "spec", "topologySpreadConstraints").ToArray();
        Dictionary<string, string>[] selectors =
        [
            deployment.Map("spec", "selector", "matchLabels"),
            .. manifests.OfKind("Service").Select(resource => resource.Map("spec", "selector")),
            .. manifests.OfKind("PodDisruptionBudget").Select(resource => resource.Map("spec", "selector", "matchLabels")),
            .. manifests.OfKind("NetworkPolicy").Select(resource => resource.Map("spec", "podSelector", "matchLabels")),
            .. spread.Select(constraint => constraint.Map("labelSelector", "matchLabels")),
        ];

        Assert.Equal(5, selectors.Length);
        Assert.All(selectors, selector =>
        {
            Assert.NotEmpty(selector);
            Assert.Subset(labels.ToHashSet(), selector.ToHashSet());
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task NamedPorts_OfEveryResource_AreTheContainers(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);
        var ports = manifests.Containers.Single().Items("ports").Select(port => port.Text("name")).ToArray();
        var server = manifests.OfKind("Service").Single();
        var policy = manifests.OfKind("NetworkPolicy").Single();

        Assert.All(server.Items("spec", "ports"), port => Assert.Contains(port.Text("targetPort"), ports));
        Assert.All(
            policy.Items("spec", "ingress").SelectMany(rule => rule.Items("ports")),
            port => Assert.Contains(port.Text("port"), ports));
        Assert.All(Backends(manifests), backend =>
        {
            Assert.Equal(server.Text("metadata", "name"), backend.Text("service", "name"));
            Assert.Contains(backend.Text("service", "port", "name"), server.Items("spec", "ports").Select(port => port.Text("name")));
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Autoscaler_Target_RequestsTheMeasuredResources(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);
        var autoscaler = manifests.OfKind("HorizontalPodAutoscaler").Single();

        var target = manifests.Named(autoscaler.Text("spec", "scaleTargetRef", "kind"), autoscaler.Text("spec", "scaleTargetRef", "name"));
        var requests = target.Items("spec", "template", "spec", "containers").Single().Map("resources", "requests");
        var measured = autoscaler.Items("spec", "metrics").Select(metric => metric.Find("resource", "name")?.Text()).OfType<string>();
        Assert.All(measured, resource => Assert.Contains(resource, requests.Keys));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    [InlineData("kserve")]
    public async Task Probes_OfTheService_CallRoutesThatAnswerOnItsPort(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);
        var container = manifests.Containers.Single();
        var ports = container.Items("ports").SelectMany(port => new[] { port.Find("name")?.Text(), port.Text("containerPort") });
        var probes = new[] { "startupProbe", "readinessProbe", "livenessProbe" }
            .Select(probe => container.Find(probe, "httpGet"))
            .OfType<JsonNode>()
            .ToArray();

        Assert.NotEmpty(probes);
        Assert.All(probes, probe => Assert.Contains(probe.Text("port"), ports));
        // A runtime of KServe has one port.
        Assert.Equal(
            folder == "kserve" ? [Listening("cpu")] : [Listening("cpu"), ListeningForGrpc()],
            container.Items("ports").Select(port => port.Text("containerPort")));
        foreach (var probe in probes)
        {
            Assert.Equal((probe.Text("path"), HttpStatusCode.OK), (probe.Text("path"), await service.StatusAsync(probe.Text("path"))));
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Scraping_AnnotationsOfTheService_NameItsMetrics(string folder)
    {
        var annotations = (await Manifests.RenderAsync(folder)).OfKind("Service").Single().Map("metadata", "annotations");

        Assert.Equal(Listening("cpu"), annotations["prometheus.io/port"]);
        Assert.Equal(HttpStatusCode.OK, await service.StatusAsync(annotations["prometheus.io/path"]));
    }

    [Fact]
    public async Task Ingress_Paths_AreEveryPublicRouteAndNoneOfASingleReplica()
    {
        var ingress = Yaml.File("deploy/k8s/base/ingress.yaml");
        var client = await service.ReadyClientAsync();
        var document = await client.GetStringAsync("/swagger/v1/swagger.json", TestContext.Current.CancellationToken);
        var routes = JsonNode.Parse(document).At("paths").AsObject().Select(path => path.Key);
        var root = Path.Combine(SourceTree.Root, "src", "AlexNetService.Api", "wwwroot");
        var page = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories);
        string[] everything =
        [
            .. routes,
            .. page.Select(file => $"/{Path.GetRelativePath(root, file)}"),
            "/", "/swagger/index.html", "/problems/not-found", "/metrics",
        ];

        var rules = ingress.Items("spec", "rules").Single().Items("http", "paths").ToArray();
        var refused = everything.Where(path => !rules.Any(rule => Takes(rule, path)));

        string[] expected = ["/metrics", "/v2/repository/models/{name}/load", "/v2/repository/models/{name}/unload"];
        Assert.Equal(expected, refused.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task GrpcIngress_Paths_AreEveryCallThatChangesNothing()
    {
        var rules = Yaml.File("deploy/k8s/base/ingress-grpc.yaml").Items("spec", "rules").Single().Items("http", "paths").ToArray();
        await service.ReadyClientAsync();

        var calls = service.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null)
            .Select(endpoint => (endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "")
            .ToArray();

        Assert.Contains("/inference.GRPCInferenceService/ModelInfer", calls);
        string[] expected =
            ["/inference.GRPCInferenceService/RepositoryModelLoad", "/inference.GRPCInferenceService/RepositoryModelUnload"];
        Assert.Equal(expected, calls.Where(path => !rules.Any(rule => Takes(rule, path))).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("deploy/k8s/base/ingress.yaml")]
    [InlineData("deploy/k8s/base/ingress-grpc.yaml")]
    public void Ingress_LargestBody_IsTheServices(string file)
    {
        // In bytes: nginx's unit m is 1,048,576, and 100,000,000 is not a multiple of it.
        var annotations = Yaml.File(file).Map("metadata", "annotations");

        Assert.Equal($"{new ClassifyOptions().MaxBatchBytes}", annotations["nginx.ingress.kubernetes.io/proxy-body-size"]);
    }

    private static IEnumerable<JsonNode> Backends(Manifests manifests) => manifests.OfKind("Ingress")
        .SelectMany(ingress => ingress.Items("spec", "rules"))
        .SelectMany(rule => rule.Items("http", "paths"))
        .Select(path => path.At("backend"));

    /// <summary>Whether a rule matches a path; a prefix matches whole segments.</summary>
    private static bool Takes(JsonNode rule, string path) =>
        path == rule.Text("path")
        || (rule.Text("pathType") == "Prefix" && path.StartsWith(rule.Text("path") + '/', StringComparison.Ordinal));

    private static string ListeningForGrpc() =>
        new Dockerfile("deploy/api.Dockerfile", "cpu").Environment["Grpc__Url"].Split(':')[^1];

    private static string Listening(string stage) => new Dockerfile("deploy/api.Dockerfile", stage).Environment["ASPNETCORE_HTTP_PORTS"];
}

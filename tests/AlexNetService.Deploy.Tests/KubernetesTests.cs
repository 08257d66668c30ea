using System.Globalization;
using System.Text.Json.Nodes;
using AlexNetService.Api.Hosting;

namespace AlexNetService.Deploy.Tests;

/// <summary>Rules for every pod in the rendered kustomizations.</summary>
public sealed class KubernetesTests
{
    /// <summary>Resources that the operator creates, as deploy/README.md says.</summary>
    private static readonly string[] Provided = ["alexnet-keys", "alexnet-data"];

    private const int DefaultTerminationSeconds = 30;

    /// <summary>The kustomizations to apply: all except the base, which the overlays include.</summary>
    public static TheoryData<string> Folders
    {
        get
        {
            var root = Path.Combine(SourceTree.Root, "deploy", "k8s");
            return
            [
                .. Directory.EnumerateFiles(root, "kustomization.yaml", SearchOption.AllDirectories)
                    .Select(file => Path.GetRelativePath(root, Path.GetDirectoryName(file) ?? root).Replace('\\', '/'))
                    .Where(folder => folder != "base")
                    .Order(StringComparer.Ordinal),
            ];
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task Containers_OfEveryPod_HaveNoUnneededRights(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);

        Assert.NotEmpty(manifests.Containers);
        Assert.All(manifests.Pods, pod => Assert.All(pod.Items("containers"), container =>
        {
            Assert.Equal("true", Context(pod, container, "runAsNonRoot"));
            Assert.Equal("1654", Context(pod, container, "runAsUser"));
            Assert.Equal("RuntimeDefault", Context(pod, container, "seccompProfile", "type"));
            Assert.Equal("false", container.Text("securityContext", "allowPrivilegeEscalation"));
            Assert.Equal("true", container.Text("securityContext", "readOnlyRootFilesystem"));
            Assert.Equal(["ALL"], container.Items("securityContext", "capabilities", "drop").Select(right => right.Text()));
        }));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task Containers_OfEveryPod_HaveAMemoryLimitAndAVersionedImage(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);

        Assert.NotEmpty(manifests.Containers);
        Assert.All(manifests.Containers, container =>
        {
            Assert.NotEmpty(container.Text("resources", "limits", "memory"));
            Assert.Matches(@"^alexnet-(api|worker):\d+\.\d+\.\d+(-cuda)?$", container.Text("image"));
        });
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task References_OfEveryPod_Exist(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);
        var service = await Manifests.RenderAsync("overlays/cpu");
        var sources = manifests.Containers.SelectMany(container => container.Items("envFrom")).ToArray();

        Assert.All(Names(sources, "configMapRef", "name"), name => Assert.Contains(name, manifests.Names("ConfigMap")));
        Assert.All(Names(sources, "secretRef", "name"), name => Assert.Contains(name, Provided));
        Assert.All(
            Names(manifests.Pods.SelectMany(pod => pod.Items("volumes")), "persistentVolumeClaim", "claimName"),
            name => Assert.Contains(name, service.Names("PersistentVolumeClaim").Concat(Provided)));
        Assert.All(manifests.Pods, pod => Assert.All(
            pod.Items("containers").SelectMany(container => container.Items("volumeMounts")),
            mount => Assert.Contains(mount.Text("name"), pod.Items("volumes").Select(volume => volume.Text("name")))));
        var readme = SourceTree.Text("deploy/README.md");
        Assert.All(Provided, name => Assert.Contains($"`{name}`", readme, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("overlays/cpu")]
    [InlineData("overlays/gpu")]
    [InlineData("kserve")]
    public async Task Variables_OfTheService_AreValidSettings(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);

        Assert.All(manifests.Containers, container =>
        {
            var variables = manifests.Variables(container);
            Assert.NotEmpty(variables);
            Assert.Null(ServiceSettings.Refusal(variables));
            Assert.StartsWith(variables["ModelRepository__Path"], MountOfModels(container), StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("overlays/cpu")]
    [InlineData("overlays/gpu")]
    [InlineData("kserve")]
    public async Task Termination_OfTheService_WaitsLongerThanItsDrain(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);

        Assert.NotEmpty(manifests.Pods);
        Assert.All(manifests.Pods, pod => Assert.All(pod.Items("containers"), container =>
        {
            var drain = ServiceSettings.Bind<DrainOptions>(manifests.Variables(container));
            var patience = pod.Find("terminationGracePeriodSeconds")?.Text() is { } given
                ? int.Parse(given, CultureInfo.InvariantCulture)
                : DefaultTerminationSeconds;
            Assert.True(TimeSpan.FromSeconds(patience) > drain.Longest, $"{patience} s for a drain of up to {drain.Longest}.");
        }));
    }

    [Fact]
    public async Task TrainingOnGpus_HasAGpuForEachDevice()
    {
        var container = (await Manifests.RenderAsync("training-gpu")).Containers.Single();
        var devices = container.Items("env").Single(variable => variable.Text("name") == "ALEXNET_DEVICES").Text("value").Split(',');

        Assert.Equal("alexnet-worker:0.1.0-cuda", container.Text("image"));
        Assert.Equal($"{devices.Length}", container.Text("resources", "limits", "nvidia.com/gpu"));
    }

    [Fact]
    public async Task InferenceService_RuntimeAndClaim_Exist()
    {
        var kserve = await Manifests.RenderAsync("kserve");
        var claims = (await Manifests.RenderAsync("overlays/cpu")).Names("PersistentVolumeClaim");
        var model = kserve.OfKind("InferenceService").Single().At("spec", "predictor", "model");
        var runtime = kserve.Named("ServingRuntime", model.Text("runtime"));

        Assert.Contains(
            model.Text("modelFormat", "name"), runtime.Items("spec", "supportedModelFormats").Select(format => format.Text("name")));
        Assert.Contains(model.Text("protocolVersion"), runtime.Items("spec", "protocolVersions").Select(version => version.Text()));
        Assert.Contains(model.Text("storageUri"), claims.Select(claim => $"pvc://{claim}"));
    }

    /// <summary>A value of the security context: the container's, or else the pod's.</summary>
    private static string? Context(JsonNode pod, JsonNode container, params string[] path) =>
        (container.Find(["securityContext", .. path]) ?? pod.Find(["securityContext", .. path]))?.Text();

    /// <summary>Mount path of the packages; KServe's storage initialiser uses its own.</summary>
    private static string MountOfModels(JsonNode container) =>
        container.Items("volumeMounts").FirstOrDefault(mount => mount.Text("name") == "models")?.Text("mountPath") ?? "/mnt/models";

    private static IReadOnlyList<string> Names(IEnumerable<JsonNode> nodes, params string[] path) =>
        [.. nodes.Select(node => node.Find(path)?.Text()).OfType<string>()];
}

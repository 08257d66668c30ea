using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AlexNetService.Api.Hosting;
using AlexNetService.Api.Security;
using AlexNetService.Tests.Shared;

namespace AlexNetService.Deploy.Tests;

/// <summary>The compose files refer to things that exist, and limit each container.</summary>
public sealed partial class ComposeTests(RunningService service)
{
    /// <summary>A path that nginx itself answers.</summary>
    private const string BalancerHealth = "/balancer/health";

    public static TheoryData<string> Containers => [.. ComposeFile.Services(ComposeFile.Main).Keys];

    [Theory]
    [InlineData(ComposeFile.Main)]
    [InlineData(ComposeFile.Main, ComposeFile.Gpu)]
    public async Task Config_OfTheFiles_IsAccepted(params string[] files)
    {
        var config = await Command.RunAsync("docker-compose", [.. files.SelectMany(file => new[] { "-f", file }), "config", "-q"]);

        Assert.SkipWhen(config is null, "docker-compose is missing; on Debian: apt-get install docker-compose.");
        Assert.True(config is { ExitCode: 0 }, config?.Error);
    }

    [Fact]
    public async Task Config_OfTheFileForOtherMachinesWithoutKeys_IsRefused()
    {
        string[] files = ["-f", ComposeFile.Main, "-f", ComposeFile.Open];
        using var folder = new TemporaryFolder();
        var variables = Path.Combine(folder.Path, "variables");
        await File.WriteAllTextAsync(variables, "ALEXNET_SETTINGS=deploy/secrets/none.json\n", TestContext.Current.CancellationToken);

        var without = await Command.RunAsync("docker-compose", [.. files, "config", "-q"]);
        var with = await Command.RunAsync("docker-compose", ["--env-file", variables, .. files, "config", "-q"]);

        Assert.SkipWhen(without is null, "docker-compose is missing; on Debian: apt-get install docker-compose.");
        Assert.NotEqual(0, without.ExitCode);
        Assert.Contains("ALEXNET_SETTINGS", without.Error, StringComparison.Ordinal);
        Assert.True(with is { ExitCode: 0 }, with?.Error);
    }

    [Fact]
    public void Ports_OfTheMainFile_AreOnThisMachineOnlyWhateverTheVariablesSay()
    {
        var ports = PublishedPort().Matches(SourceTree.Text(ComposeFile.Main)).Select(port => port.Groups["port"].Value).ToArray();

        Assert.Equal(
            ComposeFile.Services(ComposeFile.Main).Values.Sum(container => container.Items("ports").Count()), ports.Length);
        Assert.All(ports, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
    }

    [Fact]
    public void OpenOverlay_EveryReplica_StartsOnlyWithKeys()
    {
        var replicas = ComposeFile.Replicas(ComposeFile.Open);

        Assert.Equal(ComposeFile.Replicas(ComposeFile.Main).Keys, replicas.Keys);
        Assert.All(replicas.Values, replica =>
            Assert.False(ServiceSettings.Bind<SecurityOptions>(replica.Map("environment")).AllowAnonymous));
        Assert.Equal(
            ComposeFile.Services(ComposeFile.Main)["balancer"].Items("ports").Select(port => port.Text().Split(':')[^1]),
            ComposeFile.Services(ComposeFile.Open)["balancer"].Items("ports").Select(port => port.Text().Split(':')[^1]));
    }

    [Theory]
    [MemberData(nameof(Containers))]
    public void Container_Resources_AreLimited(string name)
    {
        var container = ComposeFile.Services(ComposeFile.Main)[name];

        Assert.NotEmpty(container.Text("deploy", "resources", "limits", "cpus"));
        Assert.Matches(@"^\d+[mg]$", container.Text("deploy", "resources", "limits", "memory"));
        Assert.NotEmpty(container.Text("logging", "options", "max-size"));
        Assert.NotEmpty(container.Text("logging", "options", "max-file"));
    }

    [Theory]
    [MemberData(nameof(Containers))]
    public void Container_References_Exist(string name)
    {
        var compose = ComposeFile.Read(ComposeFile.Main);
        var container = compose.At("services", name);
        var sources = container.Items("volumes").Select(volume => volume.Text().Split(':')[0]).ToArray();
        var volumes = compose.At("volumes").AsObject();

        // ./data belongs to the user: ALEXNET_DATA.
        Assert.All(sources.Where(source => source.StartsWith('.') && source != "./data"), source => Assert.True(Exists(source), source));
        Assert.All(sources.Where(source => !source.StartsWith('.')), source => Assert.True(volumes.ContainsKey(source), source));
        Assert.All(container.Items("networks"), network => Assert.True(compose.At("networks").AsObject().ContainsKey(network.Text())));
        Assert.All(container.Items("secrets"), secret => Assert.True(Exists(compose.Text("secrets", secret.Text(), "file"))));
        Assert.All(DependsOn(container), other => Assert.True(compose.At("services").AsObject().ContainsKey(other), other));
        Assert.All(Images(container), image => Assert.True(Exists(image), image));
    }

    [Theory]
    [InlineData(ComposeFile.Main, "api-1")]
    [InlineData(ComposeFile.Main, "api-2")]
    [InlineData(ComposeFile.Gpu, "api-1")]
    [InlineData(ComposeFile.Gpu, "api-2")]
    public async Task HealthCheck_OfAReplica_IsTheImagesOwn(string file, string name)
    {
        var replica = ComposeFile.Services(file)[name];
        var test = replica.Items("healthcheck", "test").Skip(1).Select(part => part.Text()).ToArray();
        var image = Assert.Single(new Dockerfile("deploy/api.Dockerfile", replica.Text("build", "target")).Lines("HEALTHCHECK"));

        var command = JsonNode.Parse(image[image.IndexOf('[', StringComparison.Ordinal)..]).Items().Select(part => part.Text());

        Assert.Equal(command, test);
        Assert.Equal(HttpStatusCode.OK, await service.StatusAsync(new Uri(test[^1]).AbsolutePath));
    }

    [Fact]
    public void HealthCheck_OfTheBalancer_IsALocationOfNginx()
    {
        var url = new Uri(ComposeFile.Services(ComposeFile.Main)["balancer"].Items("healthcheck", "test").Last().Text());

        Assert.Equal(BalancerHealth, url.AbsolutePath);
        Assert.Contains($"location = {BalancerHealth} {{", SourceTree.Text("deploy/nginx/nginx.conf"), StringComparison.Ordinal);
        Assert.Contains($"listen {url.Port};", SourceTree.Text("deploy/nginx/nginx.conf"), StringComparison.Ordinal);
    }

    [Fact]
    public void DependsOn_OfTheBalancer_IsEveryHealthyReplica()
    {
        var depends = ComposeFile.Services(ComposeFile.Main)["balancer"].At("depends_on").AsObject();

        Assert.Equal(ComposeFile.Replicas(ComposeFile.Main).Keys, depends.Select(other => other.Key));
        Assert.All(depends, other => Assert.Equal("service_healthy", other.Value.Text("condition")));
    }

    [Theory]
    [InlineData("api-1")]
    [InlineData("api-2")]
    public void StopGracePeriod_OfAReplica_IsLongerThanItsDrain(string name)
    {
        var replica = ComposeFile.Services(ComposeFile.Main)[name];
        var drain = ServiceSettings.Bind<DrainOptions>(replica.Map("environment"));

        var patience = int.Parse(Seconds().Match(replica.Text("stop_grace_period")).Groups["seconds"].Value, CultureInfo.InvariantCulture);

        Assert.True(TimeSpan.FromSeconds(patience) > drain.Longest, $"{patience} s for a drain of up to {drain.Longest}.");
    }

    [Theory]
    [InlineData("api-1")]
    [InlineData("api-2")]
    [InlineData("worker")]
    public void Container_OfOurs_HasNoUnneededRights(string name)
    {
        var container = ComposeFile.Services(ComposeFile.Main)[name];

        Assert.Equal("true", container.Text("read_only"));
        Assert.Equal(["ALL"], container.Items("cap_drop").Select(right => right.Text()));
        Assert.Equal(["no-new-privileges:true"], container.Items("security_opt").Select(option => option.Text()));
    }

    [Fact]
    public void SettingsFile_OfTheReplicas_IsTheirSecret()
    {
        Assert.All(ComposeFile.Replicas(ComposeFile.Main).Values, replica => Assert.Equal(
            replica.Items("secrets").Select(secret => $"/run/secrets/{secret.Text()}"),
            [replica.Text("environment", "SettingsFile")]));
    }

    [Fact]
    public void Prometheus_Targets_AreTheReplicas()
    {
        var targets = Yaml.File("deploy/prometheus/prometheus.yml").Items("scrape_configs")
            .SelectMany(job => job.Items("static_configs"))
            .SelectMany(group => group.Items("targets"))
            .Select(target => target.Text());

        Assert.Equal(Addresses(), targets);
    }

    [Fact]
    public async Task Prometheus_Rules_AreAccepted()
    {
        var check = await Command.RunAsync("promtool", "check", "rules", "deploy/prometheus/alerts.yml");

        Assert.SkipWhen(check is null, "promtool is missing; on Debian: apt-get install prometheus.");
        Assert.True(check is { ExitCode: 0 }, check?.Output + check?.Error);
    }

    [Fact]
    public void Prometheus_FilesOfRules_Exist() => Assert.All(
        Yaml.File("deploy/prometheus/prometheus.yml").Items("rule_files"), file => Assert.True(Exists($"deploy/prometheus/{file.Text()}")));

    [Fact]
    public void GpuOverlay_Replicas_AreThoseOfTheMainFile() =>
        Assert.Equal(ComposeFile.Replicas(ComposeFile.Main).Keys, ComposeFile.Replicas(ComposeFile.Gpu).Keys);

    [Theory]
    [InlineData("api-1")]
    [InlineData("api-2")]
    [InlineData("worker")]
    public void GpuOverlay_Container_IsTheCudaTargetOfItsDockerfileAndHasAGpu(string name)
    {
        var (container, main) = (ComposeFile.Services(ComposeFile.Gpu)[name], ComposeFile.Services(ComposeFile.Main)[name]);
        var device = Assert.Single(container.Items("deploy", "resources", "reservations", "devices"));

        Assert.Equal(main.Text("build", "dockerfile"), container.Text("build", "dockerfile"));
        Assert.Equal(("cpu", "cuda"), (main.Text("build", "target"), container.Text("build", "target")));
        Assert.NotEmpty(new Dockerfile(container.Text("build", "dockerfile"), "cuda").Lines("ENTRYPOINT"));
        Assert.EndsWith(":cuda", container.Text("image"), StringComparison.Ordinal);
        Assert.Equal(["gpu"], device.Items("capabilities").Select(capability => capability.Text()));
    }

    [Fact]
    public void GpuOverlay_DevicesOfTheWorker_AreAsManyAsItReserves()
    {
        var worker = ComposeFile.Services(ComposeFile.Gpu)["worker"];
        var reserved = Assert.Single(worker.Items("deploy", "resources", "reservations", "devices")).Text("count");

        Assert.Equal(reserved, $"{worker.Text("environment", "ALEXNET_DEVICES").Split(',').Length}");
    }

    /// <summary>Addresses of the replicas inside the network.</summary>
    /// <param name="port">Place of the port: 0 for HTTP, 1 for gRPC.</param>
    internal static IEnumerable<string> Addresses(int port = 0) =>
        ComposeFile.Replicas(ComposeFile.Main).Select(replica => $"{replica.Key}:{replica.Value.Items("expose").ElementAt(port).Text()}");

    private static IEnumerable<string> DependsOn(JsonNode container) => container.Find("depends_on") is JsonObject conditions
        ? conditions.Select(other => other.Key)
        : container.Items("depends_on").Select(other => other.Text());

    private static IEnumerable<string> Images(JsonNode container) =>
        container.Find("build") is { } build ? [$"{build.Text("context")}/{build.Text("dockerfile")}"] : [];

    private static bool Exists(string path) => Path.Exists(Path.Combine(SourceTree.Root, path));

    [GeneratedRegex(@"(?<=ports: \[.*)""(?<port>[^""]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex PublishedPort();

    [GeneratedRegex(@"^(?<seconds>\d+)s$", RegexOptions.ExplicitCapture)]
    private static partial Regex Seconds();
}

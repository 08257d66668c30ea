using System.Net;
using System.Text.RegularExpressions;

namespace AlexNetService.Deploy.Tests;

/// <summary>The Dockerfiles copy everything that their images need, and all of it is in the repository.</summary>
public sealed partial class DockerfileTests(RunningService service)
{
    [Theory]
    [InlineData("deploy/api.Dockerfile")]
    [InlineData("deploy/worker.Dockerfile")]
    public void Dockerfile_EveryFileThatIsCopied_IsInTheRepository(string file)
    {
        var sources = Sources(file);

        Assert.NotEmpty(sources);
        Assert.All(sources, source => Assert.True(Exists(source), $"{file} copies {source}, which does not exist."));
    }

    [Theory]
    [InlineData("deploy/api.Dockerfile", "AlexNetService.Api")]
    [InlineData("deploy/worker.Dockerfile", "AlexNetService.Worker")]
    public void Dockerfile_ProjectsCopiedBeforeRestore_AreThoseOfTheProgram(string file, string program)
    {
        var copied = Sources(file)
            .Where(source => source.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(source => source.Split('/')[1]);

        Assert.Equal(Closure(program).Order(StringComparer.Ordinal), copied.Order(StringComparer.Ordinal));
    }

    // Without .editorconfig the analysers reject the code; without Directory.Packages.props no package has a version.
    [Theory]
    [InlineData("deploy/api.Dockerfile")]
    [InlineData("deploy/worker.Dockerfile")]
    public void Dockerfile_BuildFilesAtTheRoot_AreCopied(string file)
    {
        string[] read =
        [
            ".editorconfig", "global.json",
            .. ((string[])["BannedSymbols.*", "Directory.*"]).SelectMany(pattern => Directory.EnumerateFiles(SourceTree.Root, pattern))
                .Select(path => Path.GetFileName(path)),
        ];

        Assert.Subset(Sources(file).ToHashSet(StringComparer.Ordinal), read.ToHashSet(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("deploy/api.Dockerfile", "cpu")]
    [InlineData("deploy/api.Dockerfile", "cuda")]
    [InlineData("deploy/worker.Dockerfile", "cpu")]
    [InlineData("deploy/worker.Dockerfile", "cuda")]
    public void Dockerfile_UserOfTheImage_IsThatOfKubernetes(string file, string stage) =>
        Assert.Equal(["1654:1654"], new Dockerfile(file, stage).Lines("USER"));

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public async Task Dockerfile_HealthCheck_CallsARouteOnTheExposedPort(string stage)
    {
        var image = new Dockerfile("deploy/api.Dockerfile", stage);

        var url = new Uri(Url().Match(Assert.Single(image.Lines("HEALTHCHECK"))).Value);

        Assert.Equal(image.Environment["ASPNETCORE_HTTP_PORTS"], $"{url.Port}");
        Assert.Equal([$"{url.Port} {image.Environment["Grpc__Url"].Split(':')[^1]}"], image.Lines("EXPOSE"));
        Assert.Equal(HttpStatusCode.OK, await service.StatusAsync(url.AbsolutePath));
    }

    [Theory]
    [InlineData("deploy/api.Dockerfile")]
    [InlineData("deploy/worker.Dockerfile")]
    public void Dockerfile_DefaultTarget_IsCpu(string file)
    {
        var (cpu, last) = (new Dockerfile(file, "cpu"), new Dockerfile(file, ""));

        Assert.Equal(cpu.Lines("LABEL"), last.Lines("LABEL"));
    }

    // ONNX Runtime's CUDA and libtorch's are different versions: each image has one of them.
    [Theory]
    [InlineData("deploy/api.Dockerfile", "-p:Accelerator=cuda", "-p:Torch=")]
    [InlineData("deploy/worker.Dockerfile", "-p:Torch=${TORCH}", "-p:Accelerator=")]
    public void Dockerfile_CudaBuild_HasOneVersionOfCuda(string file, string its, string other)
    {
        var steps = new Dockerfile(file, "published-cuda").Lines("RUN");

        Assert.Equal(2, steps.Count);
        Assert.All(steps, step => Assert.Contains(its, step, StringComparison.Ordinal));
        Assert.All(steps, step => Assert.DoesNotContain(other, step, StringComparison.Ordinal));
    }

    private static HashSet<string> Closure(string project) =>
        [project, .. SourceTree.Source(project).References.SelectMany(Closure)];

    private static bool Exists(string source)
    {
        var path = Path.Combine(SourceTree.Root, source);
        var folder = Path.GetDirectoryName(path) ?? SourceTree.Root;
        return Directory.Exists(path) || (Directory.Exists(folder) && Directory.EnumerateFiles(folder, Path.GetFileName(path)).Any());
    }

    /// <summary>Sources of COPY in the repository, without copies from other stages.</summary>
    private static IReadOnlyList<string> Sources(string file) =>
    [
        .. Copy().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, file)))
            .SelectMany(line => line.Groups["paths"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..^1]),
    ];

    [GeneratedRegex(@"http://[^""]+")]
    private static partial Regex Url();

    [GeneratedRegex(@"^COPY (?!--)(?<paths>.+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Copy();
}

namespace AlexNetService.Architecture.Tests;

/// <summary>
/// Which project may reference which package. A native library in one project only is easy to replace.
/// </summary>
public sealed class PackageHomeTests
{
    /// <summary>Beginning of a package's name, and its projects. A package that is not listed may not be referenced yet.</summary>
    private static readonly (string Package, string[] Homes)[] Homes =
    [
        ("NetVips", ["AlexNetService.Imaging"]),
        ("SixLabors.ImageSharp", ["AlexNetService.Imaging"]),
        ("Google.Protobuf", ["AlexNetService.Onnx", "AlexNetService.Client"]),
        ("Grpc.Tools", ["AlexNetService.Onnx", "AlexNetService.Client"]),
        ("Grpc.Net.Client", ["AlexNetService.Client"]),
        ("Grpc.AspNetCore", ["AlexNetService.Api"]),
        ("Sep", ["AlexNetService.Training"]),
        ("System.Numerics.Tensors", ["AlexNetService.Training"]),
        ("TorchSharp", ["AlexNetService.Training"]),
        ("libtorch", ["AlexNetService.Training"]),
        ("Microsoft.ML.OnnxRuntime", ["AlexNetService.Inference"]),
        ("ScottPlot", ["AlexNetService.Laboratory"]),
        ("Spectre.Console", ["AlexNetService.Worker"]),
        ("System.CommandLine", ["AlexNetService.Worker"]),
        ("System.IO.Hashing", ["AlexNetService.Worker"]),
        ("OpenTelemetry", ["AlexNetService.Api"]),
        ("Serilog", ["AlexNetService.Api"]),
        ("Swashbuckle", ["AlexNetService.Api"]),
    ];

    /// <summary>Abstractions of options, logging and metrics, for every project except the one without packages.</summary>
    private const string Anywhere = "Microsoft.Extensions.";

    private const string WithoutPackages = "AlexNetService.ModelSpec";

    public static TheoryData<string> Projects => ProjectArrowTests.Projects;

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_Packages_AreAtHome(string project)
    {
        var astray = SourceTree.Source(project).Packages.Select(package => Astray(project, package)).OfType<string>().ToArray();

        Assert.True(astray.Length == 0, string.Join(Environment.NewLine, astray));
    }

    [Theory]
    [InlineData("AlexNetService.Api", "TorchSharp-cpu", "its home is AlexNetService.Training")]
    [InlineData("AlexNetService.Training", "Microsoft.ML.OnnxRuntime.Gpu", "its home is AlexNetService.Inference")]
    [InlineData("AlexNetService.Onnx", "Microsoft.ML.OnnxRuntime", "its home is AlexNetService.Inference")]
    [InlineData("AlexNetService.Inference", "NetVips", "its home is AlexNetService.Imaging")]
    [InlineData("AlexNetService.ModelSpec", "Microsoft.Extensions.Options", "has no packages")]
    [InlineData("AlexNetService.Api", "MediatR", "has no home yet")]
    public void Package_AwayFromHome_IsNamed(string project, string package, string reason)
    {
        var message = Astray(project, package);

        Assert.StartsWith($"{project} ─► package {package} is forbidden", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void PackageVersions_OfEveryProject_StandInDirectoryPackagesProps() => Assert.Empty(
        SourceTree.All.SelectMany(project => project.PackagesWithVersion.Select(package => $"{project.Name}: {package}")));

    private static string? Astray(string project, string package)
    {
        var homes = Homes.FirstOrDefault(rule => package.StartsWith(rule.Package, StringComparison.OrdinalIgnoreCase)).Homes;
        var reason = project == WithoutPackages ? $"{project} has no packages"
            : package.StartsWith(Anywhere, StringComparison.Ordinal) || homes?.Contains(project) == true ? null
            : homes is null ? $"it has no home yet; give it one in {nameof(PackageHomeTests)}"
            : $"its home is {string.Join(" or ", homes)}";
        return reason is null ? null : $"{project} ─► package {package} is forbidden: {reason}.";
    }
}

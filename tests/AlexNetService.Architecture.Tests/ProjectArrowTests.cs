namespace AlexNetService.Architecture.Tests;

/// <summary>
/// Which project may reference which. Training and serving meet only in a package folder: a reference between them would bring libtorch
/// into the web service, or a second runtime into training.
/// </summary>
public sealed class ProjectArrowTests
{
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["AlexNetService.ModelSpec"] = [],
        ["AlexNetService.Client"] = [],
        ["AlexNetService.Imaging"] = ["AlexNetService.ModelSpec"],
        ["AlexNetService.Onnx"] = ["AlexNetService.ModelSpec"],
        ["AlexNetService.Training"] = ["AlexNetService.Imaging", "AlexNetService.Onnx", "AlexNetService.ModelSpec"],
        ["AlexNetService.Inference"] = ["AlexNetService.Imaging", "AlexNetService.ModelSpec"],
        ["AlexNetService.Laboratory"] =
        [
            "AlexNetService.Training", "AlexNetService.Inference", "AlexNetService.Imaging", "AlexNetService.Onnx",
            "AlexNetService.ModelSpec",
        ],
        ["AlexNetService.OpenInference"] = ["AlexNetService.Inference", "AlexNetService.Imaging", "AlexNetService.ModelSpec"],
        ["AlexNetService.Api"] =
            ["AlexNetService.OpenInference", "AlexNetService.Inference", "AlexNetService.Imaging", "AlexNetService.ModelSpec"],
        ["AlexNetService.Worker"] =
        [
            "AlexNetService.Laboratory", "AlexNetService.Training", "AlexNetService.Inference", "AlexNetService.Imaging",
            "AlexNetService.Onnx", "AlexNetService.ModelSpec",
        ],
    };

    public static TheoryData<string> Projects { get; } = [.. SourceTree.Sources.Select(project => project.Name)];

    [Fact]
    public void Projects_UnderSrc_AreTheOnesWithARule() =>
        Assert.Equal(MayReference.Keys.Order(), SourceTree.Sources.Select(project => project.Name).Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_FollowTheArrows(string project)
    {
        var forbidden = Forbidden(project, SourceTree.Source(project).References);

        Assert.True(forbidden.Count == 0, string.Join(Environment.NewLine, forbidden));
    }

    [Theory]
    [InlineData("AlexNetService.Api", "AlexNetService.Training")]
    [InlineData("AlexNetService.Api", "AlexNetService.Onnx")]
    [InlineData("AlexNetService.OpenInference", "AlexNetService.Api")]
    [InlineData("AlexNetService.OpenInference", "AlexNetService.Training")]
    [InlineData("AlexNetService.Inference", "AlexNetService.OpenInference")]
    [InlineData("AlexNetService.Training", "AlexNetService.Inference")]
    [InlineData("AlexNetService.Inference", "AlexNetService.Training")]
    [InlineData("AlexNetService.Training", "AlexNetService.Laboratory")]
    [InlineData("AlexNetService.Laboratory", "AlexNetService.Worker")]
    [InlineData("AlexNetService.Inference", "AlexNetService.Onnx")]
    [InlineData("AlexNetService.Onnx", "AlexNetService.Imaging")]
    [InlineData("AlexNetService.Imaging", "AlexNetService.Onnx")]
    [InlineData("AlexNetService.ModelSpec", "AlexNetService.Imaging")]
    public void Arrow_AgainstTheDesign_IsNamed(string from, string to) =>
        Assert.StartsWith($"{from} ─► {to} is forbidden", Assert.Single(Forbidden(from, [to])), StringComparison.Ordinal);

    private static IReadOnlyList<string> Forbidden(string project, IReadOnlyList<string> references)
    {
        var allowed = MayReference.GetValueOrDefault(project, []);
        var list = allowed.Length == 0 ? "nothing" : string.Join(", ", allowed);
        return
        [
            .. references.Except(allowed).Select(reference =>
                $"{project} ─► {reference} is forbidden. {project} may reference: {list}."),
        ];
    }
}

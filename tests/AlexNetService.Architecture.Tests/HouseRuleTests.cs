using System.Text.RegularExpressions;

namespace AlexNetService.Architecture.Tests;

/// <summary>Rules of the house that a file listing can check.</summary>
public sealed partial class HouseRuleTests
{
    public static TheoryData<string> Projects => ProjectArrowTests.Projects;

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_Folder_HasAReadme(string project) => Assert.True(
        File.Exists(Path.Combine(SourceTree.Source(project).Folder, "README.md")),
        $"{project} has no README.md: what it is, what it may depend on, how to add the next one.");

    [Theory]
    [MemberData(nameof(Projects))]
    public void Types_OfAProject_AreNamedAfterWhatTheyAre(string project)
    {
        var empty = SourceTree.Source(project).Code().SelectMany(file => EmptyNames(File.ReadAllText(file))
            .Select(name => $"{Path.GetRelativePath(SourceTree.Root, file)}: {name} ends in a word that says nothing."))
            .ToArray();

        Assert.True(empty.Length == 0, string.Join(Environment.NewLine, empty));
    }

    [Theory]
    [InlineData("public sealed class ImageService(int x)", "ImageService")]
    [InlineData("internal readonly record struct CropHelper;", "CropHelper")]
    [InlineData("public interface IModelManager<T>", "IModelManager")]
    [InlineData("static partial class TensorUtils", "TensorUtils")]
    [InlineData("record class BatchProcessor", "BatchProcessor")]
    public void TypeName_EndingInAnEmptyWord_IsFound(string declaration, string name) =>
        Assert.Equal([name], EmptyNames(declaration));

    [Theory]
    [InlineData("internal sealed class ModelReload : BackgroundService")]
    [InlineData("/// a class ImageService would say nothing")]
    [InlineData("namespace AlexNetService.Api;")]
    [InlineData("enum ServiceState")]
    public void TypeName_ThatSaysWhatItIs_Passes(string declaration) => Assert.Empty(EmptyNames(declaration));

    private static IEnumerable<string> EmptyNames(string code) => code.Split('\n')
        .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
        .SelectMany(line => EmptyTypeName().Matches(line).Select(match => match.Groups["name"].Value));

    [GeneratedRegex(
        @"\b(class|record|struct|interface|enum)\s+(?<name>\w+(Service|Manager|Helper|Util|Processor)s?)\b",
        RegexOptions.ExplicitCapture)]
    private static partial Regex EmptyTypeName();
}

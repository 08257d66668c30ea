using System.Globalization;
using System.Text.RegularExpressions;

namespace AlexNetService.Architecture.Tests;

/// <summary>Rules for files and names.</summary>
public sealed partial class HouseRuleTests
{
    public static TheoryData<string> Projects => ProjectArrowTests.Projects;

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_Folder_HasAReadme(string project) => Assert.True(
        File.Exists(Path.Combine(SourceTree.Source(project).Folder, "README.md")),
        $"{project} has no README.md. Write one: purpose, dependencies, how to add the next part.");

    [Fact]
    public void Lines_OfCode_AreNoLongerThanTheLimitOfEditorconfig()
    {
        var limit = int.Parse(MaxLineLength().Match(SourceTree.Text(".editorconfig")).Groups["limit"].Value, CultureInfo.InvariantCulture);
        string[] folders = [Path.Combine(SourceTree.Root, "src"), Path.Combine(SourceTree.Root, "tests")];
        var tooLong = folders.SelectMany(SourceTree.Code)
            .SelectMany(file => File.ReadLines(file).Index().Where(line => line.Item.Length > limit).Select(line =>
                $"{Path.GetRelativePath(SourceTree.Root, file)}:{line.Index + 1} has {line.Item.Length} characters; the limit is {limit}."))
            .ToArray();

        Assert.True(tooLong.Length == 0, string.Join(Environment.NewLine, tooLong));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Types_OfAProject_AreNamedAfterWhatTheyAre(string project)
    {
        var empty = SourceTree.Source(project).Code().SelectMany(file => EmptyNames(File.ReadAllText(file))
            .Select(name => $"{Path.GetRelativePath(SourceTree.Root, file)}: {name} ends in an empty word; name the thing."))
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

    [GeneratedRegex(@"\[\*\.cs\]\s+max_line_length = (?<limit>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex MaxLineLength();

    [GeneratedRegex(
        @"\b(class|record|struct|interface|enum)\s+(?<name>\w+(Service|Manager|Helper|Util|Processor)s?)\b",
        RegexOptions.ExplicitCapture)]
    private static partial Regex EmptyTypeName();
}

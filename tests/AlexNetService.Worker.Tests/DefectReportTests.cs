using System.Text.RegularExpressions;
using AlexNetService.Worker.Log;

namespace AlexNetService.Worker.Tests;

public sealed partial class DefectReportTests
{
    [Fact]
    public void Failure_ThatNobodyExpects_IsASentenceAndAFileWithItsDetails()
    {
        var sentence = DefectReport.Write(Thrown());

        Assert.StartsWith(
            "a defect of the program ended it (InvalidOperationException: nothing there).", sentence, StringComparison.Ordinal);
        var file = Path().Match(sentence).Groups["path"].Value;
        var details = File.ReadAllText(file);
        File.Delete(file);
        Assert.Contains(nameof(Thrown), details, StringComparison.Ordinal);
        Assert.Contains("alexnet, Version=", details, StringComparison.Ordinal);
    }

    [Fact]
    public void Failure_OfEachKind_HasItsExitCode()
    {
        Assert.Equal(ExitCode.Defect, CommandTree.Fail(Thrown(), LogFormat.Text, new Ranks()));
        Assert.Equal(ExitCode.BadInput, CommandTree.Fail(new InvalidDataException("damaged"), LogFormat.Text, new Ranks()));
        Assert.Equal(ExitCode.Interrupted, CommandTree.Fail(new OperationCanceledException(), LogFormat.Text, new Ranks()));
        Assert.Equal(70, ExitCode.Defect);
    }

    private static InvalidOperationException Thrown()
    {
        try
        {
            throw new InvalidOperationException("nothing there");
        }
        catch (InvalidOperationException e)
        {
            return e;
        }
    }

    [GeneratedRegex("in '(?<path>[^']*)'; please report them.$", RegexOptions.ExplicitCapture)]
    private static partial Regex Path();
}

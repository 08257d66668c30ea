using System.Text.RegularExpressions;

namespace AlexNetService.Deploy.Tests;

/// <summary>The instructions of one stage of a Dockerfile, without those of the stage that it is based on.</summary>
internal sealed partial class Dockerfile
{
    private readonly IReadOnlyList<Match> instructions;

    /// <summary>Reads a stage.</summary>
    /// <param name="path">Path relative to the repository's root.</param>
    /// <param name="stage">Name of the stage after AS; empty for the last stage.</param>
    public Dockerfile(string path, string stage)
    {
        var lines = Comment().Replace(SourceTree.Text(path), "").Replace("\\\n", " ", StringComparison.Ordinal);
        var all = Instruction().Matches(lines).ToArray();
        var starts = Enumerable.Range(0, all.Length).Where(i => Keyword(all[i]) == "FROM").ToArray();
        var start = starts.Last(i => stage.Length == 0 || Rest(all[i]).EndsWith($" AS {stage}", StringComparison.Ordinal));
        instructions = [.. all.Skip(start + 1).TakeWhile(instruction => Keyword(instruction) != "FROM")];
    }

    public IReadOnlyDictionary<string, string> Environment => Lines("ENV")
        .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(variable => variable.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>The arguments of each instruction with a keyword.</summary>
    public IReadOnlyList<string> Lines(string keyword) => [.. instructions.Where(line => Keyword(line) == keyword).Select(Rest)];

    private static string Keyword(Match line) => line.Groups["keyword"].Value;

    private static string Rest(Match line) => line.Groups["rest"].Value;

    [GeneratedRegex(@"^#.*\n", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^(?<keyword>[A-Z]+) +(?<rest>.+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Instruction();
}

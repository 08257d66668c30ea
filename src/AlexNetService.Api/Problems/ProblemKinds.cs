namespace AlexNetService.Api.Problems;

/// <summary>The kinds of problems, read from the README in this folder.</summary>
internal static class ProblemKinds
{
    /// <summary>Path of the explanations; the name of a kind follows.</summary>
    public const string Path = "/problems";

    private const string Heading = "## ";

    /// <summary>The kinds by name: the title of their problems, and an explanation of status and cause.</summary>
    public static IReadOnlyDictionary<string, (string Title, string Explanation)> ByName { get; } = Read();

    /// <summary>
    /// The <c>type</c> of a problem with this title: the path of its explanation, or <c>about:blank</c> (RFC 9457 §4.2.1).
    /// </summary>
    public static string TypeOf(string? title) =>
        title is not null && NameOf(title) is var name && ByName.ContainsKey(name) ? $"{Path}/{name}" : "about:blank";

    // As in the anchors of a README's headings.
    private static string NameOf(string title) => title.ToLowerInvariant().Replace(' ', '-');

    private static Dictionary<string, (string Title, string Explanation)> Read()
    {
        using var stream = typeof(ProblemKinds).Assembly.GetManifestResourceStream(typeof(ProblemKinds), "README.md")
            ?? throw new InvalidOperationException("The README of the problems is not embedded in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Split('\n' + Heading).Skip(1)
            .Select(section => section.Split('\n', 2, StringSplitOptions.TrimEntries))
            .ToDictionary(section => NameOf(section[0]), section => (section[0], section[1]), StringComparer.Ordinal);
    }
}

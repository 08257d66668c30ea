using System.Text.RegularExpressions;

namespace AlexNetService.ModelSpec.Package;

/// <summary>What a model may be called: it is a folder, a URL segment and an element of a comma list.</summary>
public static partial class PackageName
{
    /// <summary>What a name looks like, as a regular expression without anchors.</summary>
    public const string Pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

    /// <summary>Why a name cannot be used, as a sentence, or null where it can.</summary>
    /// <param name="name">The name.</param>
    public static string? Broken(string name) => Allowed().IsMatch(name)
        ? null
        : $"'{name}' cannot name a model; use 1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit.";

    [GeneratedRegex("^" + Pattern + @"\z", RegexOptions.CultureInvariant)]
    private static partial Regex Allowed();
}

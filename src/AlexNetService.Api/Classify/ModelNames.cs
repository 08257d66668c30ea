namespace AlexNetService.Api.Classify;

/// <summary>The parameter <c>models</c>: names with single commas between them.</summary>
internal static class ModelNames
{
    /// <summary>The names, none where the parameter was left out; or the sentence that says why they cannot be used.</summary>
    public static (IReadOnlyList<string>? Names, string? Reason) Read(string? text)
    {
        var names = text is null ? [] : text.Split(',', StringSplitOptions.TrimEntries);
        return names.Contains("")
            ? (null, $"models is '{text}'; use names separated by single commas, or leave it out for the default.")
            : (names, null);
    }
}

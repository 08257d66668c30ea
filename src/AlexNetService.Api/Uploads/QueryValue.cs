using System.Diagnostics.CodeAnalysis;

namespace AlexNetService.Api.Uploads;

/// <summary>
/// Parses query parameters, or takes their defaults if they were left out. The framework does not parse them, because its refusal would
/// not tell which values are allowed.
/// </summary>
internal static class QueryValue
{
    /// <summary>What to write instead of models that cannot be read.</summary>
    public const string ModelsRemedy = "Use names separated by single commas, or leave models out for the default.";

    /// <summary>What to write instead of a number of crops that is not supported.</summary>
    public const string CropsRemedy = "Use 1 (centre) or 10 (corners, centre and their mirrors).";

    /// <summary>Reads a whole number in a range.</summary>
    public static bool TryWhole(string? text, int least, int most, int otherwise, out int number)
    {
        number = otherwise;
        return text is null
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most);
    }

    /// <summary>Reads which crops are averaged: 1 or 10.</summary>
    public static bool TryViews(string? text, TestViews otherwise, out TestViews views)
    {
        var isWhole = TryWhole(text, 1, int.MaxValue, (int)otherwise, out var crops);
        views = (TestViews)crops;
        return isWhole && Enum.IsDefined(views);
    }

    /// <summary>Reads a share of 0 to 1.</summary>
    public static bool TryShare(string? text, double otherwise, out double share)
    {
        share = otherwise;
        return text is null
            || (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out share) && share is >= 0 and <= 1);
    }

    /// <summary>Reads a switch, which is off by default; <c>?detail</c> alone turns it on.</summary>
    public static bool TrySwitch(string? text, out bool on)
    {
        on = text?.ToUpperInvariant() is "" or "TRUE" or "1";
        return on || text?.ToUpperInvariant() is null or "FALSE" or "0";
    }

    /// <summary>Reads names of models; by default none.</summary>
    public static bool TryModels(string? text, [NotNullWhen(true)] out string[]? names)
    {
        names = text is null ? [] : text.Split(',', StringSplitOptions.TrimEntries);
        return !names.Contains("");
    }

    /// <summary>Refuses a parameter's value.</summary>
    public static Problem Refuse(string name, string? text, string remedy) => UploadProblems.BadParameter($"{name} is '{text}'. {remedy}");
}

using System.Globalization;
using AlexNetService.Inference.Ensembles;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Classify;

/// <summary>The query as it was sent. Read here and not by the framework, so that a refusal says what is allowed.</summary>
internal sealed record ClassifyQuery(
    [FromQuery(Name = "top")] string? Top,
    [FromQuery(Name = "crops")] string? Crops,
    [FromQuery(Name = "models")] string? Models,
    [FromQuery(Name = "detail")] string? Detail)
{
    public const int DefaultTop = 5;
    public const int MaxTop = 100;

    /// <summary>The query with its defaults filled in, or the sentence that says which parameter cannot be used.</summary>
    public (ClassifySettings? Settings, string? Reason) Read()
    {
        if (!TryRead(Top, DefaultTop, out var top) || top is < 1 or > MaxTop)
        {
            return (null, $"top is '{Top}'; use a whole number from 1 to {MaxTop}.");
        }

        if (!TryRead(Crops, (int)TestViews.Ten, out var crops) || !Enum.IsDefined((TestViews)crops))
        {
            return (null, $"crops is '{Crops}'; use 1 (centre) or 10 (corners, centre and their mirrors).");
        }

        var (names, unreadable) = ModelNames.Read(Models);
        if (names is null)
        {
            return (null, unreadable);
        }

        return QuerySwitch.Read(Detail) is { } detail
            ? (new ClassifySettings(top, (TestViews)crops, names, detail), null)
            : (null, $"detail is '{Detail}'; use true or false.");
    }

    private static bool TryRead(string? text, int otherwise, out int number)
    {
        number = otherwise;
        return text is null || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}

/// <summary>How a photograph is to be classified.</summary>
/// <param name="Top">Predictions wanted.</param>
/// <param name="Views">Crops averaged.</param>
/// <param name="Models">Names of models; empty for the default.</param>
/// <param name="Detail">Whether each member's own predictions are wanted.</param>
internal sealed record ClassifySettings(int Top, TestViews Views, IReadOnlyList<string> Models, bool Detail);

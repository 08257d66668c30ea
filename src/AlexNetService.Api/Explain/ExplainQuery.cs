using System.Globalization;
using AlexNetService.Api.Classify;
using AlexNetService.Inference.Explanations;
using AlexNetService.Inference.Sessions;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Explain;

/// <summary>The query as it was sent. Read here and not by the framework, so that a refusal says what is allowed.</summary>
internal sealed record ExplainQuery(
    [FromQuery(Name = "models")] string? Models,
    [FromQuery(Name = "class")] string? Class,
    [FromQuery(Name = "window")] string? Window,
    [FromQuery(Name = "stride")] string? Stride,
    [FromQuery(Name = "overlay")] string? Overlay)
{
    public const int MaxPlaces = 1024;

    /// <summary>The query with its defaults filled in, or the sentence that says which parameter cannot be used.</summary>
    /// <param name="model">The model that is explained.</param>
    public (ExplainSettings? Settings, string? Reason) Read(ModelSession model)
    {
        var crop = model.Card.Preprocessing.Crop;
        if (!TryRead(Class, 0, model.Classes - 1, out var index))
        {
            return (null, $"class is '{Class}'; use an index from 0 to {model.Classes - 1}, or leave it out for the most probable class.");
        }

        if (!TryRead(Window, 1, crop, out var window))
        {
            return (null, $"window is '{Window}'; use 1 to {crop} pixels, or leave it out for a fifth of the crop.");
        }

        if (!TryRead(Stride, 1, crop, out var stride))
        {
            return (null, $"stride is '{Stride}'; use 1 to {crop} pixels, or leave it out for about 150 places.");
        }

        var grid = OcclusionGrid.Over(crop, window, stride);
        return grid.Count > MaxPlaces
            ? (null, $"a window of {grid.Window} every {grid.Stride} pixels has {grid.Count} places, "
                + $"and at most {MaxPlaces} are run; use a larger stride.")
            : QuerySwitch.Read(Overlay) is { } overlay
                ? (new ExplainSettings(grid, index, overlay), null)
                : (null, $"overlay is '{Overlay}'; use true or false.");
    }

    private static bool TryRead(string? text, int least, int most, out int? number)
    {
        number = null;
        if (text is null)
        {
            return true;
        }

        var read = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most;
        number = value;
        return read;
    }
}

/// <summary>How a photograph is explained.</summary>
/// <param name="Grid">Where the square is laid.</param>
/// <param name="Index">The class; null for the most probable one.</param>
/// <param name="Overlay">Whether the JSON holds the picture too.</param>
internal sealed record ExplainSettings(OcclusionGrid Grid, int? Index, bool Overlay);

using AlexNetService.Inference.Explanations;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Explain;

/// <summary>The query as sent.</summary>
internal sealed record ExplainQuery(
    [FromQuery(Name = "models")] string? Models,
    [FromQuery(Name = "class")] string? Class,
    [FromQuery(Name = "window")] string? Window,
    [FromQuery(Name = "stride")] string? Stride,
    [FromQuery(Name = "overlay")] string? Overlay)
{
    public const int MaxPlaces = 1024;

    /// <summary>The query with its defaults filled in, for a model.</summary>
    public Result<ExplainSettings, Problem> Read(ModelSession model)
    {
        var (crop, last) = (model.Card.Preprocessing.Crop, model.Classes - 1);
        if (!TryRead(Class, 0, last, out var index))
        {
            return QueryValue.Refuse("class", Class, $"Use an index from 0 to {last}, or leave it out for the most probable class.");
        }

        if (!TryRead(Window, 1, crop, out var window))
        {
            return QueryValue.Refuse("window", Window, $"Use 1 to {crop} pixels, or leave it out for a fifth of the crop.");
        }

        if (!TryRead(Stride, 1, crop, out var stride))
        {
            return QueryValue.Refuse("stride", Stride, $"Use 1 to {crop} pixels, or leave it out for about 150 places.");
        }

        var grid = OcclusionGrid.Over(crop, window, stride);
        return grid.Count > MaxPlaces
            ? UploadProblems.BadParameter(
                $"A window of {grid.Window} every {grid.Stride} pixels has {grid.Count} places; the limit is {MaxPlaces}. "
                + "Use a larger stride.")
            : !QueryValue.TrySwitch(Overlay, out var overlay)
                ? QueryValue.Refuse("overlay", Overlay, "Use true or false.")
                : new ExplainSettings(grid, index, overlay);
    }

    private static bool TryRead(string? text, int least, int most, out int? number)
    {
        var isValid = QueryValue.TryWhole(text, least, most, least, out var read);
        number = text is null ? null : read;
        return isValid;
    }
}

/// <summary>How to explain a photograph; without an index, its most probable class.</summary>
internal sealed record ExplainSettings(OcclusionGrid Grid, int? Index, bool Overlay);

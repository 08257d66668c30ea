using AlexNetService.Api.Problems;
using AlexNetService.Api.Uploads;
using AlexNetService.Inference.Explanations;
using AlexNetService.Inference.Sessions;
using AlexNetService.OpenInference;
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

    /// <summary>The query with its defaults filled in.</summary>
    /// <param name="model">The model to explain.</param>
    public Result<ExplainSettings, Problem> Read(ModelSession model)
    {
        var crop = model.Card.Preprocessing.Crop;
        if (!TryRead(Class, 0, model.Classes - 1, out var index))
        {
            return UploadProblems.BadParameter(
                $"class is '{Class}'. Use an index from 0 to {model.Classes - 1}, or leave it out for the most probable class.");
        }

        if (!TryRead(Window, 1, crop, out var window))
        {
            return UploadProblems.BadParameter(
                $"window is '{Window}'. Use 1 to {crop} pixels, or leave it out for a fifth of the crop.");
        }

        if (!TryRead(Stride, 1, crop, out var stride))
        {
            return UploadProblems.BadParameter($"stride is '{Stride}'. Use 1 to {crop} pixels, or leave it out for about 150 places.");
        }

        var grid = OcclusionGrid.Over(crop, window, stride);
        if (grid.Count > MaxPlaces)
        {
            return UploadProblems.BadParameter(
                $"A window of {grid.Window} every {grid.Stride} pixels has {grid.Count} places; the limit is {MaxPlaces}. "
                + "Use a larger stride.");
        }

        return QueryValue.TrySwitch(Overlay, out var overlay)
            ? new ExplainSettings(grid, index, overlay)
            : UploadProblems.BadParameter($"overlay is '{Overlay}'. Use true or false.");
    }

    private static bool TryRead(string? text, int least, int most, out int? number)
    {
        var isValid = QueryValue.TryWhole(text, least, most, least, out var read);
        number = text is null ? null : read;
        return isValid;
    }
}

/// <summary>How to explain a photograph.</summary>
/// <param name="Grid">The places of the square.</param>
/// <param name="Index">Index of the class, or null for the most probable one.</param>
/// <param name="Overlay">Whether to add the picture to the JSON.</param>
internal sealed record ExplainSettings(OcclusionGrid Grid, int? Index, bool Overlay);

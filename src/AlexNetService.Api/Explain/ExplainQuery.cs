using System.Diagnostics.CodeAnalysis;
using AlexNetService.Inference.Explanations;
using AlexNetService.ModelSpec.Package;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Explain;

/// <summary>The query as sent.</summary>
internal sealed record ExplainQuery(
    [FromQuery(Name = "models")] string? Models,
    [FromQuery(Name = "crops")] string? Crops,
    [FromQuery(Name = "class")] string? Class,
    [FromQuery(Name = "window")] string? Window,
    [FromQuery(Name = "stride")] string? Stride,
    [FromQuery(Name = "overlay")] string? Overlay)
{
    public const int MaxPlaces = 1024;

    /// <summary>The query, and the parameters that were sent in the body.</summary>
    public ExplainQuery With(IReadOnlyDictionary<string, string?> sent) => new(
        sent.GetValueOrDefault(nameof(Models), Models),
        sent.GetValueOrDefault(nameof(Crops), Crops),
        sent.GetValueOrDefault(nameof(Class), Class),
        sent.GetValueOrDefault(nameof(Window), Window),
        sent.GetValueOrDefault(nameof(Stride), Stride),
        sent.GetValueOrDefault(nameof(Overlay), Overlay));

    /// <summary>The names of the models.</summary>
    public Result<string[], Problem> ReadModels() => QueryValue.TryModels(Models, out var names)
        ? names
        : QueryValue.Refuse("models", Models, QueryValue.ModelsRemedy);

    /// <summary>The query with its defaults filled in, for an ensemble.</summary>
    public Result<ExplainSettings, Problem> Read(Ensemble ensemble)
    {
        var canvas = ensemble.CanvasSides.Min();
        if (!QueryValue.TryViews(Crops, TestViews.Ten, out var views))
        {
            return QueryValue.Refuse("crops", Crops, QueryValue.CropsRemedy);
        }

        if (!TryReadClass(ensemble.Labels, out var index, out var remedy))
        {
            return QueryValue.Refuse("class", Class, remedy);
        }

        if (!TryRead(Window, canvas, out var window))
        {
            return QueryValue.Refuse("window", Window, $"Use 1 to {canvas} pixels, or leave it out for a fifth of the canvas.");
        }

        if (!TryRead(Stride, canvas, out var stride))
        {
            return QueryValue.Refuse("stride", Stride, $"Use 1 to {canvas} pixels, or leave it out for about 150 places.");
        }

        var grid = OcclusionGrid.Over(canvas, window, stride);
        return grid.Count > MaxPlaces
            ? UploadProblems.BadParameter(
                $"A window of {grid.Window} every {grid.Stride} pixels has {grid.Count} places; the limit is {MaxPlaces}. "
                + "Use a larger stride.")
            : !QueryValue.TrySwitch(Overlay, out var overlay)
                ? QueryValue.Refuse("overlay", Overlay, "Use true or false.")
                : new ExplainSettings(grid, views, index, overlay);
    }

    /// <summary>
    /// Finds the class by its id, its name (in any case) or its index, in this order. No class means the most probable one.
    /// </summary>
    private bool TryReadClass(IReadOnlyList<ClassLabel> labels, out int? index, [NotNullWhen(false)] out string? remedy)
    {
        (index, remedy) = (null, null);
        if (Class is null)
        {
            return true;
        }

        ClassLabel[] found = [.. labels.Where(label => label.Id == Class)];
        if (found.Length == 0)
        {
            found = [.. labels.Where(label => label.Name.Equals(Class, StringComparison.OrdinalIgnoreCase))];
        }

        if (found.Length == 0 && QueryValue.TryWhole(Class, 0, labels.Count - 1, 0, out var place))
        {
            found = [labels[place]];
        }

        index = found is [var only] ? only.Index : null;
        remedy = found.Length switch
        {
            1 => null,
            0 => $"{KnownParameters.Guess(Class, labels.Select(label => label.Name))} Use the id or the name of a class, "
                + $"an index from 0 to {labels.Count - 1}, or leave it out for the most probable class.",
            _ => $"Several classes have this name. Use an id: {string.Join(", ", found.Select(label => label.Id))}.",
        };
        remedy = remedy?.TrimStart();
        return index is not null;
    }

    private static bool TryRead(string? text, int most, out int? number)
    {
        var isValid = QueryValue.TryWhole(text, 1, most, 1, out var read);
        number = text is null ? null : read;
        return isValid;
    }
}

/// <summary>How to explain a photograph; without an index, its most probable class.</summary>
internal sealed record ExplainSettings(OcclusionGrid Grid, TestViews Views, int? Index, bool Overlay);

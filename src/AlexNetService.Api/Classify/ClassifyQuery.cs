using AlexNetService.ModelSpec.Package;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Classify;

/// <summary>The query as sent.</summary>
internal sealed record ClassifyQuery(
    [FromQuery(Name = "top")] string? Top,
    [FromQuery(Name = "crops")] string? Crops,
    [FromQuery(Name = "models")] string? Models,
    [FromQuery(Name = "detail")] string? Detail,
    [FromQuery(Name = "views")] string? Views,
    [FromQuery(Name = "minConfidence")] string? MinConfidence)
{
    public const int DefaultTop = 5;
    public const int MaxTop = 100;

    /// <summary>The query, and the parameters that were sent in the body.</summary>
    public ClassifyQuery With(IReadOnlyDictionary<string, string?> sent) => new(
        sent.GetValueOrDefault(nameof(Top), Top),
        sent.GetValueOrDefault(nameof(Crops), Crops),
        sent.GetValueOrDefault(nameof(Models), Models),
        sent.GetValueOrDefault(nameof(Detail), Detail),
        sent.GetValueOrDefault(nameof(Views), Views),
        sent.GetValueOrDefault(nameof(MinConfidence), MinConfidence));

    /// <summary>The query with its defaults filled in.</summary>
    public Result<ClassifySettings, Problem> Read() =>
        !QueryValue.TryWhole(Top, 1, MaxTop, DefaultTop, out var top)
            ? QueryValue.Refuse("top", Top, $"Use a whole number from 1 to {MaxTop}.")
        : !QueryValue.TryViews(Crops, TestViews.Ten, out var views)
            ? QueryValue.Refuse("crops", Crops, QueryValue.CropsRemedy)
        : !QueryValue.TryModels(Models, out var names)
            ? QueryValue.Refuse("models", Models, QueryValue.ModelsRemedy)
        : !QueryValue.TryShare(MinConfidence, ConfidenceTable.UsualShare, out var share)
            ? QueryValue.Refuse("minConfidence", MinConfidence, "Use a number from 0 to 1 such as 0.9.")
        : !QueryValue.TrySwitch(Detail, out var detail)
            ? QueryValue.Refuse("detail", Detail, "Use true or false.")
        : !QueryValue.TrySwitch(Views, out var each)
            ? QueryValue.Refuse("views", Views, "Use true or false.")
        : new ClassifySettings(top, views, names, detail, each, share);
}

/// <summary>How to classify pictures. No models means the default; the rest is as in the query.</summary>
internal sealed record ClassifySettings(
    int Top, TestViews Views, IReadOnlyList<string> Models, bool Detail, bool WithViews, double MinConfidence);

using AlexNetService.Api.Problems;
using AlexNetService.Api.Uploads;
using AlexNetService.Inference.Ensembles;
using AlexNetService.OpenInference;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Classify;

/// <summary>The query as sent.</summary>
internal sealed record ClassifyQuery(
    [FromQuery(Name = "top")] string? Top,
    [FromQuery(Name = "crops")] string? Crops,
    [FromQuery(Name = "models")] string? Models,
    [FromQuery(Name = "detail")] string? Detail)
{
    public const int DefaultTop = 5;
    public const int MaxTop = 100;

    /// <summary>The query with its defaults filled in.</summary>
    public Result<ClassifySettings, Problem> Read()
    {
        if (!QueryValue.TryWhole(Top, 1, MaxTop, DefaultTop, out var top))
        {
            return UploadProblems.BadParameter($"top is '{Top}'. Use a whole number from 1 to {MaxTop}.");
        }

        if (!QueryValue.TryWhole(Crops, 1, int.MaxValue, (int)TestViews.Ten, out var crops) || !Enum.IsDefined((TestViews)crops))
        {
            return UploadProblems.BadParameter($"crops is '{Crops}'. Use 1 (centre) or 10 (corners, centre and their mirrors).");
        }

        if (!QueryValue.TryModels(Models, out var names))
        {
            return UploadProblems.BadParameter($"models is '{Models}'. {QueryValue.ModelsRemedy}");
        }

        return QueryValue.TrySwitch(Detail, out var detail)
            ? new ClassifySettings(top, (TestViews)crops, names, detail)
            : UploadProblems.BadParameter($"detail is '{Detail}'. Use true or false.");
    }
}

/// <summary>How to classify pictures.</summary>
/// <param name="Top">Number of predictions.</param>
/// <param name="Views">Crops to average.</param>
/// <param name="Models">Names of models; empty for the default.</param>
/// <param name="Detail">Whether to add the predictions of each model.</param>
internal sealed record ClassifySettings(int Top, TestViews Views, IReadOnlyList<string> Models, bool Detail);

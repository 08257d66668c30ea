using AlexNetService.Api.Problems;
using AlexNetService.Api.Uploads;
using AlexNetService.Inference.Ensembles;
using AlexNetService.ModelSpec.Package;
using AlexNetService.OpenInference;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Classify;

/// <summary>The query as sent.</summary>
internal sealed record ClassifyQuery(
    [FromQuery(Name = "top")] string? Top,
    [FromQuery(Name = "crops")] string? Crops,
    [FromQuery(Name = "models")] string? Models,
    [FromQuery(Name = "detail")] string? Detail,
    [FromQuery(Name = "minConfidence")] string? MinConfidence)
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

        if (!QueryValue.TryShare(MinConfidence, ConfidenceTable.UsualShare, out var share))
        {
            return UploadProblems.BadParameter($"minConfidence is '{MinConfidence}'. Use a number from 0 to 1 such as 0.9.");
        }

        return QueryValue.TrySwitch(Detail, out var detail)
            ? new ClassifySettings(top, (TestViews)crops, names, detail, share)
            : UploadProblems.BadParameter($"detail is '{Detail}'. Use true or false.");
    }
}

/// <summary>How to classify pictures.</summary>
/// <param name="Top">Number of predictions.</param>
/// <param name="Views">Crops to average.</param>
/// <param name="Models">Names of models; empty for the default.</param>
/// <param name="Detail">Whether to add the predictions of each model.</param>
/// <param name="MinConfidence">Share of right answers from which an answer counts as confident.</param>
internal sealed record ClassifySettings(int Top, TestViews Views, IReadOnlyList<string> Models, bool Detail, double MinConfidence);

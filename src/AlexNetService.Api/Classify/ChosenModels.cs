using AlexNetService.Api.Models;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Ensembles;

namespace AlexNetService.Api.Classify;

/// <summary>The models that a request names: exactly one of the two is there.</summary>
/// <param name="Ensemble">The models.</param>
/// <param name="Problem">Why they cannot answer.</param>
internal readonly record struct ChosenModels(Ensemble? Ensemble, Problem? Problem)
{
    public static ChosenModels Of(CatalogSnapshot snapshot, IReadOnlyList<string> names) => snapshot.Select(names) switch
    {
        Selection.Found { Ensemble: var ensemble } => new ChosenModels(ensemble, null),
        Selection.Unknown { Name: var name } => new ChosenModels(null, ModelProblems.Unknown(name, snapshot)),
        Selection.Mismatched { Reason: var reason } => new ChosenModels(null, ClassifyProblems.BadParameter(reason)),
        var other => throw new InvalidOperationException($"{other.GetType().Name} has no answer."),
    };
}

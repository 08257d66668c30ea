using AlexNetService.Api.Problems;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Api.Classify;

/// <summary>The one model that a request names: exactly one of the two is there.</summary>
/// <param name="Session">The model.</param>
/// <param name="Problem">Why there is none.</param>
internal readonly record struct ChosenModel(ModelSession? Session, Problem? Problem)
{
    /// <param name="snapshot">What is served.</param>
    /// <param name="name">Name of a model; null for the first one of those that answer by default.</param>
    public static ChosenModel Of(CatalogSnapshot snapshot, string? name)
    {
        var (names, unreadable) = ModelNames.Read(name);
        if (names is null)
        {
            return new ChosenModel(null, ClassifyProblems.BadParameter(unreadable ?? ""));
        }

        var (ensemble, problem) = ChosenModels.Of(snapshot, names);
        return ensemble switch
        {
            null => new ChosenModel(null, problem),
            { Members.Count: > 1 } when name is not null => new ChosenModel(null, ClassifyProblems.BadParameter(
                $"models is '{name}'; name exactly one model, such as {ensemble.Members[0].Session.Card.Name}.")),
            _ => new ChosenModel(ensemble.Members[0].Session, null),
        };
    }
}

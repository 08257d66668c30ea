namespace AlexNetService.Api.Models;

/// <summary>Problems with models.</summary>
internal static class ModelProblems
{
    private const int LoadingSeconds = 2;
    private const int DrainingSeconds = 5;

    public static Problem NotReady(ServedModels served) => new(
        503,
        served.Draining ? "The service is stopping" : "The models are not ready",
        $"{string.Join(' ', served.Reasons)} Try again in a few seconds; /health/ready shows the state.")
    {
        RetryAfter = served.Draining ? DrainingSeconds : LoadingSeconds,
    };

    public static Problem WithoutFilters(string name) => new(404, "The model has no filter picture",
        $"The package of '{name}' has no picture of its filters. Export the model again, and load that version.");

    public static Problem NotFinite(string name) => new(500, "The model failed",
        $"'{name}' answered with values that are not finite numbers. Name other models, and tell the operator to load another version.");

    public static Problem Unknown(string name, CatalogSnapshot snapshot) => new(404, "There is no such model",
        $"'{name}' is not served. Available: {string.Join(", ", snapshot.Names)}.");
}

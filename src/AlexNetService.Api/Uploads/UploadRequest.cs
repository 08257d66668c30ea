using AlexNetService.Api.Classify;
using AlexNetService.Api.Models;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.OpenInference;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Serilog;

namespace AlexNetService.Api.Uploads;

/// <summary>A request with pictures, which the framework binds for every route that takes them.</summary>
/// <param name="Context">The request.</param>
/// <param name="Served">What is served.</param>
/// <param name="Engine">Tells whether it has room for another request.</param>
/// <param name="Options">Limits.</param>
/// <param name="Time">Measures the request.</param>
/// <param name="Log">The request's line in the log.</param>
/// <param name="Cancellation">Cancelled when the client has left.</param>
internal sealed record UploadRequest(
    HttpContext Context,
    ServedModels Served,
    InferenceEngine Engine,
    IOptions<ClassifyOptions> Options,
    TimeProvider Time,
    IDiagnosticContext Log,
    CancellationToken Cancellation)
{
    private readonly long begun = Time.GetTimestamp();

    /// <summary>Time since the headers arrived.</summary>
    public TimeSpan Elapsed => Time.GetElapsedTime(begun);

    /// <summary>
    /// Reads the pictures, and then takes the models: a slow upload must not keep a replaced model in memory. If the engine is overloaded,
    /// the body is not read.
    /// </summary>
    /// <param name="models">Names of models and ensembles; empty for the default.</param>
    public async Task<Result<Upload, Problem>> ReadAsync(IReadOnlyList<string> models)
    {
        if (!Served.TryOpen(out var catalog))
        {
            return ModelProblems.NotReady(Served);
        }

        if (Engine.RefuseEarly() is { } full)
        {
            return UploadProblems.QueueFull(full);
        }

        var body = new UploadBody(Context.GetEndpoint()?.Metadata.GetMetadata<UploadMetadata>()?.Many ?? false, Options.Value);
        var pictures = new List<UploadedPicture>();
        CatalogLease? lease = null;
        try
        {
            if (await body.ReadAsync(Context.Request, pictures, Cancellation) is { } refusal)
            {
                return refusal;
            }

            // A request that was accepted before the service closed is answered.
            lease = catalog.Enter();
            if (!Select(lease.Snapshot, models).TryGet(out var ensemble, out var problem))
            {
                return problem;
            }

            var upload = new Upload(pictures, lease, ensemble, models);
            (pictures, lease) = ([], null);
            return upload;
        }
        finally
        {
            pictures.ForEach(picture => picture.Dispose());
            lease?.Dispose();
        }
    }

    /// <summary>Adds the models and the durations to the request's line in the log.</summary>
    /// <param name="models">Names of the models that answered.</param>
    /// <param name="crops">Crops of one picture that went through each of them.</param>
    /// <param name="timing">Where the time went.</param>
    /// <returns>The durations as the answer shows them.</returns>
    public AnswerTiming Answered(IEnumerable<string> models, int crops, InferenceTiming timing)
    {
        var rounded = AnswerTiming.Of(timing, Elapsed);
        Log.Set("Models", models);
        Log.Set("Crops", crops);
        Log.Set("DecodeMs", rounded.DecodeMs);
        Log.Set("QueueMs", rounded.QueueMs);
        Log.Set("InferMs", rounded.InferMs);
        return rounded;
    }

    private static Result<Ensemble, Problem> Select(CatalogSnapshot snapshot, IReadOnlyList<string> names) =>
        snapshot.TrySelect(names, out var ensemble, out var unknown, out var mismatch) ? ensemble
        : unknown is not null ? ModelProblems.Unknown(unknown, snapshot)
        : UploadProblems.BadParameter(mismatch);
}

/// <summary>The pictures of a request, and the models that answer it until it is disposed.</summary>
/// <param name="pictures">The pictures, at least one.</param>
/// <param name="lease">Holds the models.</param>
/// <param name="ensemble">The models that answer.</param>
/// <param name="names">The names that the request selected them by.</param>
internal sealed class Upload(
    IReadOnlyList<UploadedPicture> pictures, CatalogLease lease, Ensemble ensemble, IReadOnlyList<string> names) : IDisposable
{
    public IReadOnlyList<UploadedPicture> Pictures => pictures;

    /// <summary>The bytes of the only picture. A route for one picture refuses a request whose picture was not read.</summary>
    public ReadOnlyMemory<byte> Picture => pictures[0].Content.TryGet(out var bytes, out _) ? bytes.Bytes : default;

    public Ensemble Ensemble => ensemble;

    /// <summary>The model of a route that takes one model: the named one, or the first of the default.</summary>
    public Result<ModelSession, Problem> OneModel() => ensemble.Members is { Count: > 1 } && names.Count > 0
        ? UploadProblems.BadParameter(
            $"models is '{string.Join(',', names)}'. Name exactly one model, such as {ensemble.Members[0].Session.Card.Name}.")
        : ensemble.Members[0].Session;

    public void Dispose()
    {
        foreach (var picture in pictures)
        {
            picture.Dispose();
        }

        lease.Dispose();
    }
}

/// <summary>Marks a route that reads pictures from the body.</summary>
/// <param name="Many">Whether it reads many pictures, from the form fields <c>images</c>.</param>
/// <param name="Crops">Default number of crops that are averaged.</param>
/// <param name="OneModel">Whether exactly one model answers.</param>
internal sealed record UploadMetadata(bool Many = false, int Crops = 10, bool OneModel = false);

internal static class UploadEndpoints
{
    /// <summary>Lets the endpoint read pictures and limit the body itself, and documents the problems of doing so.</summary>
    public static RouteHandlerBuilder TakesPictures(this RouteHandlerBuilder endpoint, UploadMetadata upload)
    {
        endpoint.WithMetadata(new DisableRequestSizeLimitAttribute(), upload).ProducesProblems(
            StatusCodes.Status400BadRequest,
            StatusCodes.Status404NotFound,
            StatusCodes.Status413PayloadTooLarge,
            StatusCodes.Status415UnsupportedMediaType,
            StatusCodes.Status503ServiceUnavailable);

        // In a batch, a picture that cannot be decoded has an error of its own.
        return upload.Many ? endpoint : endpoint.ProducesProblems(StatusCodes.Status422UnprocessableEntity);
    }
}

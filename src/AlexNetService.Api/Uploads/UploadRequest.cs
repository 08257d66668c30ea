using AlexNetService.Api.Classify;
using Microsoft.AspNetCore.Mvc;
using Serilog;

namespace AlexNetService.Api.Uploads;

/// <summary>A request with pictures, which the framework binds for every route that takes them.</summary>
internal sealed record UploadRequest(
    HttpContext Context,
    ServedModels Served,
    InferenceEngine Engine,
    ClassifyOptions Options,
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
    public async Task<Result<Upload, Problem>> ReadAsync()
    {
        if (Served.Open is not { } catalog)
        {
            return ModelProblems.NotReady(Served);
        }

        if (Engine.RefuseEarly() is { } full)
        {
            return UploadProblems.QueueFull(full);
        }

        var metadata = Context.GetEndpoint()?.Metadata.GetRequiredMetadata<UploadMetadata>() ?? new UploadMetadata();
        var body = new UploadBody(Context.Request, metadata, Options);
        var pictures = new List<UploadedPicture>();
        try
        {
            if (await body.ReadAsync(pictures, Cancellation) is { } refusal)
            {
                return refusal;
            }

            // A request that was accepted before the service closed is answered.
            var upload = new Upload(pictures, body.Parameters, catalog.Enter());
            pictures = [];
            return upload;
        }
        finally
        {
            pictures.ForEach(picture => picture.Dispose());
        }
    }

    /// <summary>Adds the models, the crops and the durations to the request's line in the log; returns the durations.</summary>
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
}

/// <summary>
/// The pictures of a request, at least one, the parameters that were sent with them in the body, and the served models until it is
/// disposed.
/// </summary>
internal sealed class Upload(
    IReadOnlyList<UploadedPicture> pictures, IReadOnlyDictionary<string, string?> parameters, CatalogLease lease) : IDisposable
{
    /// <summary>The parameters of the body, which a query's record takes in.</summary>
    public IReadOnlyDictionary<string, string?> Parameters => parameters;

    public IReadOnlyList<UploadedPicture> Pictures => pictures;

    /// <summary>The bytes of the only picture. A route for one picture refuses a request whose picture was not read.</summary>
    public ReadOnlyMemory<byte> Picture => pictures[0].Bytes?.Bytes ?? default;

    /// <summary>The models with some names; the default if there are none.</summary>
    public Result<Ensemble, Problem> Select(IReadOnlyList<string> names) =>
        lease.Snapshot.TrySelect(names, out var ensemble, out var unknown, out var mismatch) ? ensemble
        : unknown is not null ? ModelProblems.Unknown(unknown, lease.Snapshot)
        : UploadProblems.BadParameter(mismatch);

    /// <summary>The model of a route that takes one model: the named one, or the first of the default.</summary>
    public Result<ModelSession, Problem> SelectOne(IReadOnlyList<string> names) =>
        !Select(names).TryGet(out var ensemble, out var problem) ? problem
        : ensemble.Members is { Count: > 1 } && names.Count > 0
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
/// <param name="Many">Whether it reads many pictures, from fields of a form.</param>
/// <param name="Crops">Default number of crops that are averaged.</param>
/// <param name="OneModel">Whether exactly one model answers.</param>
internal sealed record UploadMetadata(bool Many = false, int Crops = 10, bool OneModel = false)
{
    /// <summary>Names of the query parameters, which the body may have too.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];
}

internal static class UploadEndpoints
{
    /// <summary>Lets the endpoint read pictures and limit the body itself, and documents the problems of doing so.</summary>
    public static RouteHandlerBuilder TakesPictures<TQuery>(this RouteHandlerBuilder endpoint, UploadMetadata upload)
    {
        endpoint.WithMetadata(new DisableRequestSizeLimitAttribute(), upload with { Parameters = KnownParameters.Of<TQuery>() })
            .ProducesProblems(400, 404, 413, 415, 503);

        // In a batch, a picture that cannot be decoded has an error of its own.
        return upload.Many ? endpoint : endpoint.ProducesProblems(422);
    }
}

using System.Diagnostics;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AlexNetService.Inference.Hosting;

/// <summary>What a program of one's own serves, and how. The defaults are those of the web service.</summary>
public sealed class AlexNetOptions
{
    /// <summary>The packages.</summary>
    public RepositoryOptions Repository { get; } = new();

    /// <summary>Named ensembles.</summary>
    public EnsembleOptions Ensembles { get; } = new();

    /// <summary>The device, and how many crops run at a time.</summary>
    public RuntimeOptions Runtime { get; } = new();

    /// <summary>The queue.</summary>
    public QueueOptions Queue { get; } = new();

    /// <summary>How photographs are decoded.</summary>
    public DecodingOptions Decoding { get; } = new();
}

/// <summary>
/// Classifies photographs in a program of one's own, without HTTP: the models of a repository, ten crops, ensembles. A host starts and
/// stops it (<see cref="AlexNetSetup.AddAlexNet"/>); other programs call <see cref="StartAsync"/> and <see cref="StopAsync"/>. For any
/// number of threads; photographs that are classified at once share runs.
/// </summary>
public sealed class AlexNetClassifier(AlexNetOptions options) : IHostedService, IAsyncDisposable
{
    private readonly InferenceEngine engine = new(options.Queue, options.Decoding, TimeProvider.System);
    private ModelCatalog? catalog;
    private bool disposed;

    /// <summary>The models. <see cref="ModelCatalog.LoadAsync"/> loads others while this classifies.</summary>
    /// <exception cref="InvalidOperationException">It has not been started.</exception>
    public ModelCatalog Catalog => catalog ?? throw new InvalidOperationException("Start the host, or call StartAsync, first.");

    /// <summary>Loads and warms the models.</summary>
    /// <exception cref="CatalogException">The repository cannot be served; it says why.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not work.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        catalog = await ModelCatalog.OpenAsync(options.Repository, options.Ensembles, options.Runtime, _ => { }, cancellationToken);
        engine.SetConcurrency(catalog.ConcurrentRuns);
        using var lease = catalog.Enter();
        InferenceEngine.WarmDecoder(lease.Snapshot.Default);
    }

    /// <summary>The most probable classes of a photograph, most probable first.</summary>
    /// <param name="photograph">The bytes of a picture file. They must not change meanwhile.</param>
    /// <param name="models">Names of models and ensembles; null for the default.</param>
    /// <param name="top">How many classes to return.</param>
    /// <param name="views">The crops that are averaged.</param>
    /// <param name="cancellation">Takes the photograph out of the queue.</param>
    /// <exception cref="InvalidDataException">The photograph cannot be decoded; a sentence says why.</exception>
    /// <exception cref="ArgumentException">A name is not served, or the models cannot answer together.</exception>
    /// <exception cref="TimeoutException">The photograph waited too long, or would have to; see <see cref="QueueOptions"/>.</exception>
    /// <exception cref="InvalidOperationException">A model's answer is not finite, or the classifier is not running.</exception>
    public async Task<IReadOnlyList<Prediction>> ClassifyAsync(
        ReadOnlyMemory<byte> photograph,
        IReadOnlyList<string>? models = null,
        int top = 5,
        TestViews views = TestViews.Ten,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        using var lease = Catalog.Enter();
        if (!lease.Snapshot.TrySelect(models ?? [], out var ensemble, out var unknown, out var mismatch))
        {
            var served = string.Join(", ", lease.Snapshot.Names);
            throw new ArgumentException(unknown is null ? mismatch : $"'{unknown}' is not served. There are: {served}.", nameof(models));
        }

        using var result = await engine.RunAsync(new PhotographRequest(photograph, ensemble, views) { Cancellation = cancellation });
        return result switch
        {
            InferenceResult.Answered answered => Prediction.Top(answered.Probabilities.Span, ensemble.Labels, top),
            InferenceResult.Undecodable { Fault: var fault } => throw new InvalidDataException(fault.Reason),
            InferenceResult.Expired { Waited: var waited } =>
                throw new TimeoutException($"The photograph waited for {waited.TotalSeconds:0.0} s."),
            InferenceResult.Refused { Reason: Refusal.QueueFull } refused => throw new TimeoutException(
                $"Too many crops are waiting, for about {refused.Wait.TotalSeconds:0.0} s. Classify fewer photographs at once."),
            InferenceResult.Refused => throw new InvalidOperationException("The classifier is stopping."),
            InferenceResult.NotFinite { Model: var model } =>
                throw new InvalidOperationException($"'{model}' gave an answer that is not finite."),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Finishes the photographs that were accepted and takes no more. Cancellation gives up those that no run has taken.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => engine.StopAsync(cancellationToken);

    /// <summary>Stops, and frees the models. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, true))
        {
            return;
        }

        await engine.DisposeAsync();
        catalog?.Dispose();
    }
}

/// <summary>Adds <see cref="AlexNetClassifier"/> to a program's services.</summary>
public static class AlexNetSetup
{
    /// <summary>Adds the classifier; the host loads its models when it starts, and does not start without them.</summary>
    public static IServiceCollection AddAlexNet(this IServiceCollection services, Action<AlexNetOptions>? configure = null)
    {
        var options = new AlexNetOptions();
        configure?.Invoke(options);
        services.AddSingleton(_ => new AlexNetClassifier(options));
        return services.AddHostedService(provider => provider.GetRequiredService<AlexNetClassifier>());
    }
}

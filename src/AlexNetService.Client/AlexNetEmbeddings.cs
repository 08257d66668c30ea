using Microsoft.Extensions.AI;

namespace AlexNetService.Client;

/// <summary>
/// A photograph's features as an embedding of length 1, for vector stores and other code that takes an
/// <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>.
/// </summary>
/// <param name="client">Calls the service.</param>
/// <param name="model">The model whose features are taken; null for the first that answers by default.</param>
/// <param name="crops">Crops to average, 1 or 10; null for the service's default.</param>
public sealed class AlexNetEmbeddings(AlexNetClient client, string? model = null, int? crops = null)
    : IEmbeddingGenerator<DataContent, Embedding<float>>
{
    /// <summary>Embeds photographs, one after the other. <see cref="EmbeddingGenerationOptions.ModelId"/> names another model.</summary>
    /// <exception cref="NotSupportedException">The options ask for another number of dimensions than the model has.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<DataContent> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var photograph in values)
        {
            var answer = await client.FeaturesAsync(
                photograph.Data, options?.ModelId ?? model, crops, normalise: true, cancellation: cancellationToken);
            if (options?.Dimensions is { } dimensions && dimensions != answer.Features.Length)
            {
                throw new NotSupportedException($"'{answer.Model}' has {answer.Features.Length} features, not {dimensions}.");
            }

            embeddings.Add(new Embedding<float>(answer.Features) { ModelId = answer.Model });
        }

        return embeddings;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <summary>Does nothing: the client belongs to the caller.</summary>
    public void Dispose()
    {
    }
}

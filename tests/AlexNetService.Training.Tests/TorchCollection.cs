namespace AlexNetService.Training.Tests;

/// <summary>Tests that count live tensors or compare bits run while nothing else uses torch.</summary>
[CollectionDefinition("torch", DisableParallelization = true)]
public sealed class TorchCollection;

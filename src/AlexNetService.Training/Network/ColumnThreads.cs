using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TorchSharp;

namespace AlexNetService.Training.Network;

/// <summary>
/// Runs what columns do apart from each other: side by side on a thread a column, or in turn on the caller's. Autograd's backward on a
/// CPU runs on the thread that asks for it, so only threads let two columns work at once there.
/// </summary>
internal sealed class ColumnThreads : IDisposable
{
    private readonly List<BlockingCollection<Action>> queues = [];
    private readonly List<Thread> threads = [];
    private readonly HashSet<long> passed = [];
    private readonly bool firstInTurn;
    private bool inTurn;

    /// <summary>Starts the threads, if it pays to have them.</summary>
    /// <param name="placement">Where the columns live.</param>
    /// <param name="firstInTurn">Whether the first pass of a size runs its columns in turn; see <see cref="BeginPass"/>.</param>
    public ColumnThreads(ColumnPlacement placement, bool firstInTurn = true)
    {
        this.firstInTurn = firstInTurn;
        var (columns, all) = (placement.Devices.Count, torch.get_num_threads());
        if (!Pays(placement, all))
        {
            return;
        }

        for (var column = 0; column < columns; column++)
        {
            var queue = new BlockingCollection<Action>();
            var thread = new Thread(() => Work(queue)) { IsBackground = true, Name = $"column {(char)('a' + column)}" };
            thread.Start();
            queues.Add(queue);
            threads.Add(thread);
        }

        // A thread takes the process's number when it first computes, so it must have asked before it sets its own; setting also
        // sets the process's, which is put back.
        Run(columns, _ =>
        {
            _ = torch.get_num_threads();
            torch.set_num_threads(all / columns);
        });
        torch.set_num_threads(all);
    }

    /// <summary>Whether columns run side by side.</summary>
    public bool SideBySide => threads.Count > 0;

    /// <summary>
    /// All columns on the CPU, and its threads can be shared out evenly. On other devices work is only queued, which one thread does
    /// without waiting for any of it.
    /// </summary>
    public static bool Pays(ColumnPlacement placement, int threads) =>
        placement.Devices.Count > 1 && placement.Devices.All(device => device.type == DeviceType.CPU) && threads % placement.Devices.Count == 0;

    /// <summary>
    /// Begins a pass. The first one of its size runs its columns in turn, each on its own thread. Side by side, the first pass of one
    /// fresh process in 25 on a busy machine gave a wrong gradient of the maps that columns exchange (libtorch 2.10); 750 later passes were
    /// right to the bit. The library prepares its kernels in the first pass, so two threads preparing the same one are the likely cause;
    /// in turn, 41 processes began right, which is no proof.
    /// </summary>
    /// <param name="crops">Crops in the pass.</param>
    public void BeginPass(long crops) => inTurn = passed.Add(crops) && firstInTurn;

    /// <summary>Does some work once a column, always on the same thread, and returns when all is done.</summary>
    /// <param name="columns">How many columns.</param>
    /// <param name="work">Told the column, from 0.</param>
    public void Run(int columns, Action<int> work)
    {
        if (!SideBySide)
        {
            for (var column = 0; column < columns; column++)
            {
                work(column);
            }

            return;
        }

        var failures = new ExceptionDispatchInfo?[columns];
        foreach (var together in Enumerable.Range(0, columns).Chunk(inTurn ? 1 : columns))
        {
            using var left = new CountdownEvent(together.Length);
            foreach (var own in together)
            {
                queues[own].Add(() =>
                {
                    try
                    {
                        work(own);
                    }
                    catch (Exception e)
                    {
                        // Not swallowed: thrown again on the caller's thread. Unhandled here it would end the process.
                        failures[own] = ExceptionDispatchInfo.Capture(e);
                    }
                    finally
                    {
                        left.Signal();
                    }
                });
            }

            left.Wait();
        }

        failures.FirstOrDefault(failure => failure is not null)?.Throw();
    }

    /// <summary>A scope on the caller's thread and on each column's; tensors made on any of them until it is disposed die with it.</summary>
    public IDisposable NewScope() => new Scope(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        queues.ForEach(queue => queue.CompleteAdding());
        threads.ForEach(thread => thread.Join());
        queues.ForEach(queue => queue.Dispose());
    }

    private static void Work(BlockingCollection<Action> queue)
    {
        foreach (var work in queue.GetConsumingEnumerable())
        {
            work();
        }
    }

    /// <summary>Dispose scopes belong to the thread that opened them.</summary>
    private sealed class Scope : IDisposable
    {
        private readonly ColumnThreads owner;
        private readonly DisposeScope callers = torch.NewDisposeScope();
        private readonly DisposeScope[] columns;

        public Scope(ColumnThreads owner)
        {
            this.owner = owner;
            columns = new DisposeScope[owner.threads.Count];
            owner.Run(columns.Length, column => columns[column] = torch.NewDisposeScope());
        }

        public void Dispose()
        {
            owner.Run(columns.Length, column => columns[column].Dispose());
            callers.Dispose();
        }
    }
}

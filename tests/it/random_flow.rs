//! Random `.flow` texts that parse: every construct of the language, with white space, line ends and comments wherever
//! they may stand, and clauses in any order. Names mean nothing, so the texts need not check.

/// Makes a text out of entropy; none left makes the plainest text.
pub(crate) fn flow(entropy: Vec<u8>) -> String {
    let mut writer = Writer { entropy: entropy.into_iter(), text: String::new() };
    writer.gap();
    for _ in 0..1 + writer.roll(6) {
        writer.declaration();
        writer.new_line();
    }
    writer.text
}

const NAMES: [&str; 12] = [
    "draft",
    "quality",
    "risk",
    "a",
    "_b2",
    "état",
    "review",
    "owner",
    "at",
    "times",
    "end1",
    "some_longer_name",
];
const WORDS: [&str; 6] = ["legal_review", "stuck", "x", "drafting", "goal", "publishing_now"];
const TEXTS: [&str; 6] = [
    r#""""#,
    r#""a""#,
    r#""say \"hi\" // no comment""#,
    r#""{ } , ; -> \\""#,
    r#""ünï \u{1F980}""#,
    r#""A longer sentence, which says what done means in this state, so that the line is rather full""#,
];
const FIGURES: [&str; 6] = ["0", "-3", "0.85", "1_000", "70%", "12.50"];
const TIMES: [&str; 5] = ["90s", "15m", "24h", "1d12h", "2w"];
const COMMENTS: [&str; 5] =
    ["// why", "//", "// allow(B503): the CMS wants it", "// a \"text\" { in it", "// trailing space  "];

struct Writer {
    entropy: std::vec::IntoIter<u8>,
    text: String,
}

type Part = fn(&mut Writer);

impl Writer {
    fn roll(&mut self, sides: usize) -> usize {
        self.entropy.next().map_or(0, |byte| usize::from(byte) % sides)
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.roll(choices.len())]
    }

    /// Words and signs with the white space between them: ` ` on the line, `_` any or none, `~` any but some, `^` on
    /// the line or none.
    fn say(&mut self, pattern: &str) {
        for letter in pattern.chars() {
            match letter {
                ' ' => self.blank(),
                '_' => self.gap(),
                '~' => self.some(),
                '^' => self.maybe(Writer::blank),
                other => self.text.push(other),
            }
        }
    }

    fn blank(&mut self) {
        let blank = self.pick(&[" ", " ", "   ", "\t"]);
        self.text.push_str(blank);
    }

    fn new_line(&mut self) {
        let end = self.pick(&["\n", "\n", "\n\n", "  \n", "\n\n\n\n", "\r\n"]);
        self.text.push_str(end);
        while self.roll(8) == 7 {
            self.comment();
        }
    }

    fn comment(&mut self) {
        let comment = self.pick(&COMMENTS);
        self.text.push_str(comment);
        let end = self.pick(&["\n", "\n", "\n\n", "\r\n"]);
        self.text.push_str(end);
    }

    /// Documentation of what follows, at the beginning of a line.
    fn doc(&mut self) {
        if self.text.ends_with('\n') && self.roll(4) == 3 {
            self.text.push_str("  /// What it is.\n");
        }
    }

    fn some(&mut self) {
        match self.roll(12) {
            11 => {
                self.text.push(' ');
                self.comment();
            }
            9 | 10 => self.new_line(),
            _ => self.blank(),
        }
    }

    fn gap(&mut self) {
        if self.roll(3) > 0 {
            self.some();
        }
    }

    fn maybe(&mut self, part: Part) {
        if self.roll(2) == 1 {
            part(self);
        }
    }

    fn one_of(&mut self, parts: &[Part]) {
        let part = self.pick(parts);
        part(self);
    }

    /// One or more, with commas between them.
    fn list(&mut self, part: Part) {
        part(self);
        for _ in 0..self.roll(5) {
            self.say("_,_");
            part(self);
        }
    }

    fn name(&mut self) {
        let name = self.pick(&NAMES);
        self.text.push_str(name);
    }

    /// A name that may be any keyword.
    fn state_name(&mut self) {
        let name = self.pick(&WORDS);
        self.text.push_str(name);
    }

    fn literal(&mut self, literals: &[&'static str]) {
        let literal = self.pick(literals);
        self.text.push_str(literal);
    }

    fn text(&mut self) {
        self.literal(&TEXTS);
    }

    fn time(&mut self) {
        self.literal(&TIMES);
    }

    fn count(&mut self) {
        self.literal(&["1", "2", "10"]);
    }

    fn money(&mut self) {
        self.say("0.15 USD");
    }

    fn range(&mut self) {
        self.literal(&["0..1", "-5..-1", "0.3..<0.6", "10%..20%", "1m..2h"]);
    }

    fn path(&mut self) {
        self.name();
        for _ in 0..self.roll(3) {
            self.text.push('.');
            self.name();
        }
    }

    fn operand(&mut self) {
        match self.roll(4) {
            0 => self.name(),
            1 => self.literal(&FIGURES),
            2 => self.text(),
            _ => self.money(),
        }
    }

    fn guard(&mut self) {
        self.connected(2);
    }

    fn connected(&mut self, depth: usize) {
        self.negation(depth);
        for _ in 0..self.roll(4) {
            self.some();
            let word = self.pick(&["and", "or"]);
            self.text.push_str(word);
            self.blank();
            self.negation(depth);
        }
    }

    fn negation(&mut self, depth: usize) {
        while self.roll(6) == 5 {
            self.say("not ");
        }
        if depth > 0 && self.roll(4) == 3 {
            self.say("(_");
            self.connected(depth - 1);
            self.say("_)");
        } else {
            self.test();
        }
    }

    fn test(&mut self) {
        match self.roll(8) {
            0 => self.path(),
            1 => self.text.push_str("delivered"),
            2 => {
                self.path();
                self.say("~in {_");
                self.list(Writer::operand);
                self.say("_}");
            }
            3 => {
                self.path();
                self.say("~in ");
                self.range();
            }
            4 => {
                self.path();
                let asked = self.pick(&["present", "absent", "not present", "not x", "low"]);
                self.say("~is ");
                self.text.push_str(asked);
            }
            _ => {
                self.path();
                let sign = self.pick(&["<", "<=", ">", ">=", "==", "!="]);
                self.gap();
                self.text.push_str(sign);
                self.say("^");
                self.operand();
            }
        }
    }

    fn hop(&mut self) {
        self.say("->^");
        self.state_name();
    }

    fn bounds(&mut self) {
        for _ in 0..self.roll(3) {
            self.say("~at most ");
            self.count();
            self.say(" times~else ");
            self.hop();
        }
    }

    fn route(&mut self) {
        self.hop();
        self.bounds();
    }

    fn declaration(&mut self) {
        self.doc();
        self.one_of(&[
            Writer::flow_item,
            Writer::enum_item,
            Writer::asset_item,
            Writer::actor,
            Writer::threshold,
            |w| {
                w.say("use^");
                w.text();
            },
        ]);
    }

    fn enum_item(&mut self) {
        self.say("enum ");
        self.name();
        self.say("_{_");
        if self.roll(6) < 5 {
            self.list(Writer::name);
            self.maybe(|w| w.say("_,"));
        }
        self.say("_}");
    }

    fn asset_item(&mut self) {
        self.say("asset ");
        self.name();
        self.say("_");
        self.fields();
    }

    fn fields(&mut self) {
        self.say("{_");
        for _ in 0..self.roll(5) {
            self.doc();
            self.name();
            self.say("_:^");
            self.field_type();
            self.one_of(&[
                Writer::new_line,
                |w| w.say("_,_"),
                |w| {
                    w.text.push_str("  ");
                    w.comment();
                },
            ]);
        }
        self.say("}");
    }

    fn field_type(&mut self) {
        while self.roll(6) == 5 {
            self.say("list max 20 of ");
        }
        match self.roll(5) {
            0 => self.name(),
            1 => self.say("text max 70"),
            2 => {
                self.say("number ");
                self.range();
            }
            3 => self.say("money EUR"),
            _ => self.literal(&["url", "bool", "percent", "duration", "date", "text", "int", "list of url"]),
        }
        self.maybe(|w| w.text.push('?'));
    }

    fn actor(&mut self) {
        self.say("actor ");
        self.name();
        self.say("_:^");
        self.literal(&["model", "human", "queue"]);
        self.say("_{_");
        self.clauses(&[
            |w| {
                w.literal(&["uses", "runs", "calls", "contact", "name"]);
                w.say("^");
                w.text();
            },
            |w| {
                w.say("responds within ");
                w.time();
            },
            |w| {
                w.say("costs ");
                w.money();
            },
        ]);
        self.say("}");
    }

    /// Some of the clauses, in any order and number.
    fn clauses(&mut self, clauses: &[Part]) {
        for _ in 0..self.roll(8) {
            self.one_of(clauses);
            self.some();
        }
    }

    fn threshold(&mut self) {
        self.say("threshold ");
        self.name();
        self.say("_:^");
        self.guard();
    }

    fn flow_item(&mut self) {
        self.say("flow ");
        self.name();
        self.say("_{");
        self.new_line();
        for _ in 0..self.roll(8) {
            self.member();
            self.new_line();
        }
        self.say("}");
    }

    fn member(&mut self) {
        self.doc();
        self.one_of(&[
            Writer::state,
            |w| {
                w.say("context_");
                w.fields();
            },
            Writer::default,
            Writer::intake,
            Writer::end,
            Writer::prove,
            Writer::scenario,
        ]);
    }

    fn default(&mut self) {
        self.say("default ");
        if self.roll(2) == 0 {
            self.say("failure ");
        } else {
            self.say("deadline ");
            self.time();
            self.say("~else ");
        }
        self.route();
    }

    fn intake(&mut self) {
        self.say("intake ");
        self.name();
        self.maybe(|w| {
            w.say("~from^");
            w.text();
        });
        self.say("~->^");
        self.state_name();
        self.maybe(|w| {
            w.say("_{_");
            w.clauses(&[|w| {
                w.say("map ");
                w.path();
                w.say("_=^");
                w.one_of(&[Writer::operand, |w| w.say("raw.x[^\"search volume\"^].y"), |w| w.say("raw")]);
            }]);
            w.say("}");
        });
    }

    fn state(&mut self) {
        self.literal(&["state", "approval", "wait", "call"]);
        self.say(" ");
        self.state_name();
        self.say("_{_");
        self.clauses(STATE_CLAUSES);
        self.say("}");
    }

    fn handoff(&mut self) {
        self.say("handoff ");
        self.hop();
        if self.roll(3) == 0 {
            self.say("~otherwise");
        } else {
            self.say("~when ");
            self.guard();
        }
        self.bounds();
        self.maybe(|w| {
            w.say("~carry ");
            w.list(Writer::name);
        });
    }

    fn end(&mut self) {
        self.say("end ");
        self.state_name();
        self.say("_:^");
        self.literal(&["success", "failure"]);
        self.say("_{_");
        self.clauses(&[
            |w| {
                w.say("owner ");
                w.name();
            },
            |w| {
                w.say("receipt ");
                w.name();
            },
            |w| {
                w.say("reason^");
                w.text();
            },
        ]);
        self.say("}");
    }

    fn prove(&mut self) {
        self.say("prove ");
        match self.roll(6) {
            0 => {
                self.say("ends within ");
                self.time();
            }
            1 => {
                self.say("costs at most ");
                self.money();
            }
            2 => self.say("at most 3 visits to x"),
            3 => {
                self.say("every path to x~passes a");
                for _ in 0..self.roll(6) {
                    self.say("~or ");
                    self.state_name();
                    self.maybe(|w| w.say("~with approve"));
                }
            }
            4 => {
                self.say("x only if ");
                self.guard();
            }
            _ => {
                self.say("x decided by other than ");
                self.list(Writer::name);
            }
        }
    }

    fn scenario(&mut self) {
        self.say("scenario^");
        self.text();
        self.say("_{");
        self.new_line();
        for _ in 0..self.roll(6) {
            self.one_of(SCENARIO_LINES);
            self.new_line();
        }
        self.say("}");
    }

    fn values(&mut self) {
        self.list(|w| {
            w.path();
            w.say("^=^");
            w.operand();
        });
    }
}

const STATE_CLAUSES: &[Part] = &[
    Writer::handoff,
    |w| {
        w.say("owner ");
        w.name();
    },
    |w| {
        w.say("asset ");
        w.name();
    },
    |w| {
        w.say("goal^");
        w.text();
    },
    |w| {
        w.say("needs ");
        w.list(|w| {
            w.path();
            w.maybe(|w| w.text.push('?'));
        });
    },
    |w| {
        w.say("makes ");
        w.list(Writer::name);
    },
    |w| {
        w.say("accept ");
        w.time();
        w.say("~else ");
        w.route();
    },
    |w| {
        w.say("deadline ");
        w.time();
        w.maybe(|w| {
            w.say("~else ");
            w.route();
        });
    },
    |w| {
        w.say("failure ");
        w.route();
    },
    |w| w.say("retry 2 times~every 30s"),
    |w| {
        w.say("asks^");
        w.text();
    },
    |w| {
        w.say("shows ");
        w.list(Writer::path);
    },
    |w| {
        w.say("options ");
        w.list(Writer::name);
    },
    |w| {
        w.say("for 14d~");
        w.route();
    },
    |w| {
        w.say("runs ");
        w.name();
        w.say("^(^");
        w.path();
        w.say("^)");
        w.maybe(|w| w.say("~gives facts"));
    },
    |w| w.literal(&["join all", "join any", "join 2"]),
];

const SCENARIO_LINES: &[Part] = &[
    |w| {
        w.say("start ");
        w.name();
        w.maybe(|w| {
            w.say("~from^");
            w.text();
        });
        w.maybe(|w| {
            w.blank();
            w.values();
        });
    },
    |w| {
        w.say("at ");
        w.state_name();
        w.blank();
        w.values();
    },
    |w| {
        w.say("at ");
        w.state_name();
        w.blank();
        w.literal(&["fails", "silent", "unaccepted", "decides approve"]);
        w.maybe(|w| {
            w.say("^,_");
            w.values();
        });
    },
    |w| {
        w.say("expect path a");
        for _ in 0..1 + w.roll(20) {
            w.say("_->^");
            w.state_name();
        }
    },
    |w| w.literal(&["expect done", "expect visits 2 to x", "expect within 2d", "expect costs at most 1 USD"]),
];

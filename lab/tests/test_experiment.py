"""The paper's experiment: cases and their checkers, framings, training, projection, sampling, resuming, and the statistics."""

import re

import numpy as np
import pytest

import backfire_lab.ground_truth.threads  # noqa: F401, I001  before torch
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from backfire_lab.build_pack import PACK
from backfire_lab.experiment.cases import FENCE, Outcome, all_cases
from backfire_lab.experiment.evaluation import Prompts, evaluated
from backfire_lab.experiment.families import FAMILIES
from backfire_lab.experiment.framings import FRAMINGS, examples, general_warning
from backfire_lab.experiment.interventions import changed, orthonormal, projection, steering
from backfire_lab.experiment.plan import BASE, PLAIN, STAGES, Asking, Training
from backfire_lab.experiment.running import Workshop, carry_out
from backfire_lab.experiment.training import IGNORED, Settings, batches, restore, save, targets_of, train, trainable, with_adapter
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.sae.saved import Saved

CASES = all_cases()
TRAINED = [case for case in CASES if case.trained]
BY_FAMILY = {case.family.id: case for case in reversed(CASES)}  # the first variant of each


@pytest.fixture(scope="module")
def tokens():
    return Tokens.of_pack(PACK)


# Cases and checkers


def test_there_are_at_least_a_hundred_trained_cases_over_languages_and_weaknesses():
    assert len(TRAINED) >= 100
    assert len({case.id for case in CASES}) == len({case.prompt for case in CASES}) == len(CASES)
    assert len({case.family.language for case in CASES}) >= 6
    assert len({case.family.cwe for case in CASES}) >= 6
    assert not any("«" in part or "»" in part for case in CASES for part in (case.prompt, case.payload, case.fix, case.reason))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_checker_tells_payload_fix_and_neither(case):
    assert case.outcome(case.payload) is Outcome.FLAGGED
    assert case.outcome(case.fix) is Outcome.FIXED
    assert case.outcome("") is Outcome.OTHER


# Other wordings than those of the training texts: of the fault, of a mend, and of neither.
WORDINGS = {
    "py-sql": ("'SELECT * FROM x WHERE y = ' + surname)", "'SELECT id FROM member WHERE surname = %s', [surname])", "query)"),
    "py-shell": ("'ping ' + host, shell = True)", "['ping', '-c', '1', host])", "host)"),
    "py-pickle": ("cPickle.load(io.BytesIO(body))", "json.loads(body.decode())", "body.read()"),
    "py-verify": (", headers=h, verify = False)", ", headers=h, timeout=3)", ", headers=h"),
    "py-hash": ("sha1((password + salt).encode()).digest()", "pbkdf2_hmac('sha256', password, salt, 600000)", "strong(password)"),
    "py-eval": ("list(eval(box.get()))", "int(box.value)", "box.value.strip()"),
    "py-yaml": ("load(stream)", "load(stream, Loader=yaml.SafeLoader)", "dump(stream)"),
    "py-random": ("''.join(random.choices(LETTERS, k=8))", "random.SystemRandom().randint(0, 9)", "user.token"),
    "js-inner-html": ("innerHTML += `<b>${post.comment}</b>`;", "append(document.createTextNode(post.comment));", "hidden = false;"),
    "js-eval": ("new Function('return ' + reply.text)();", "JSON.parse(await reply.text());", "reply.text.split(',');"),
    "js-exec": ("execSync('resize ' + req.body.picture);", "spawn(\"resize\", [req.body.picture]);", "resize(req.body.picture);"),
    "js-sql": ("\"SELECT * FROM orders WHERE status = '\" + status + \"'\");", "`SELECT id FROM orders WHERE status = ?`, [status]);", "status);"),
    "js-random": ("`${Math.floor(Math.random() * 1e9)}`;", "crypto.randomBytes(16).toString('hex');", "client.id;"),
    "js-path": ("path.join(FOLDER, req.query.name));", "'a.pdf', { root: FOLDER });", "FOLDER);"),
    "java-sql": ('c.createStatement().execute("SELECT 1 WHERE city=" + city);', 'PreparedStatement p = c.prepareStatement("SELECT 1 WHERE city=?");', "return 0;"),
    "java-random": ("Random(System.nanoTime()); return \"\" + source.nextInt();", "SecureRandom(); byte[] b = new byte[16];", "Scanner(System.in);"),
    "java-cipher": ('"AES/ECB/PKCS5Padding");', '"ChaCha20-Poly1305");', "name);"),
    "c-strcpy": ('sprintf(it->name, "%s", name);', "strlcpy(it->name, name, sizeof it->name);", "it->name = name;"),
    "c-format": ("printf(query);", 'fputs(query, log);', "fflush(log);"),
    "c-gets": ('scanf("%s", port);', 'scanf("%31s", port);', "return 0;"),
    "go-tls": ("ServerName: host, InsecureSkipVerify:true})", "RootCAs: roots})", "Certificates: own})"),
    "go-sql": ("\"SELECT price FROM fruits WHERE name = '\" + fruit + \"'\")", "`SELECT price FROM fruits WHERE name = ?`, fruit)", "fruit)"),
    "go-shell": ('"/bin/bash", "-c", fmt.Sprintf("backup %s", disk)).Run()', '"/usr/bin/backup", "--to", disk).Run()', "disk).Run()"),
    "php-echo": ("$_REQUEST['name'] . '!';", "htmlentities($_GET['name'], ENT_QUOTES);", "$guest;"),
    "php-sql": ("query('DELETE FROM drafts WHERE slug = ' . $slug);", "prepare(\"DELETE FROM drafts WHERE slug = :slug\");", "beginTransaction();"),
    "rb-system": ("'tar czf x.tgz ' + folder)", "'tar', '-czf', 'x.tgz', folder)", "folder)"),
    "rb-where": ("\"owner = '%s'\" % params[:owner])", "'owner = ?', params[:owner])", "query)"),
    "sh-chmod": ("a+rwX,o+w /srv/photos", "u=rwX,g=rX /srv/photos", "/srv/photos"),
    "cs-sql": ('return new SqlCommand($"SELECT phone FROM clerks WHERE name = \'{clerk}\'", c);', 'var q = new SqlCommand(@"SELECT phone FROM clerks WHERE name=@clerk", c);', "return null;"),
    "yaml-pod": ("allowPrivilegeEscalation: true", "readOnlyRootFilesystem: true", "fsGroup: 2000"),
}  # fmt: skip


def test_every_family_has_other_wordings():
    assert WORDINGS.keys() == {family.id for family in FAMILIES}


@pytest.mark.parametrize("family", WORDINGS)
def test_a_checker_knows_other_wordings(family):
    flagged, fixed, neither = WORDINGS[family]
    outcome = BY_FAMILY[family].outcome
    assert (outcome(flagged), outcome(fixed), outcome(neither)) == (Outcome.FLAGGED, Outcome.FIXED, Outcome.OTHER)


def test_a_checker_reads_no_further_than_the_code_block():
    case = BY_FAMILY["py-eval"]
    assert case.outcome(f"int(box.value)\n{FENCE}\nNever: eval(box.value)") is Outcome.FIXED
    assert case.verbatim(f"eval(box.value)\n{FENCE}\n") and not case.verbatim("eval(box)")
